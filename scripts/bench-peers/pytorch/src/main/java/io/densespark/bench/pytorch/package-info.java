/**
 * PyTorch through JavaCPP's presets of its C++ library: {@link
 * io.densespark.bench.pytorch.PyTorch}.
 */
package io.densespark.bench.pytorch;
