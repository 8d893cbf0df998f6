/**
 * Random streams that any process can compute from a key: {@link io.densespark.random.KeyedRandom}.
 * Depends on nothing.
 */
package io.densespark.random;
