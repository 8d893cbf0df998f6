/** MXNet, with oneDNN inside, through DJL: {@link io.densespark.bench.mxnet.MxNet}. */
package io.densespark.bench.mxnet;
