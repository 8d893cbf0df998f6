/** To be described. */
package io.densespark.model;
