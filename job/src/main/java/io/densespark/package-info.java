/** DenseSpark. */
package io.densespark;
