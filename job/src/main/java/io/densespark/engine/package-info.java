/** To be described. */
package io.densespark.engine;
