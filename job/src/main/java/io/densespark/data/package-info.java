/** To be described. */
package io.densespark.data;
