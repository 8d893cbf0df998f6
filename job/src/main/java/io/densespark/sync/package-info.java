/** To be described. */
package io.densespark.sync;
