/** To be described. */
package io.densespark.train;
