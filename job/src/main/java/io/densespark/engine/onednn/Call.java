package io.densespark.engine.onednn;

import java.util.List;
import java.util.function.Function;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;

/** A piece of work whose buffers have no addresses yet. */
sealed interface Call {

  /** An argument of a primitive: oneDNN's index for it, its layout, and where it lies. */
  record Argument(int index, memory.desc layout, Place place) {}

  /** A primitive. */
  record Native(
      String name, primitive primitive, primitive_desc_base description, List<Argument> arguments)
      implements Call {}

  /** Primitives that run only for one type of features. */
  record ForFeatures(boolean bytes, Native call) implements Call {}

  /** Work whose result depends on parameters alone and lasts until they change. */
  record Preparation(Call call) implements Call {}

  /** Java code, made when addresses are known. */
  record Java(Function<Addresses, Step> bind) implements Call {}

  /** Addresses of a program's buffers. */
  interface Addresses {
    long of(int buffer);
  }
}
