/** To be described. */
package io.densespark.job;
