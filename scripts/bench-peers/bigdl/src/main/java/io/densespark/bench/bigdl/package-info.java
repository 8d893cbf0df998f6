/** BigDL's MKL-DNN engine, from Java: {@link io.densespark.bench.bigdl.BigDl}. */
package io.densespark.bench.bigdl;
