package io.densespark.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import java.util.List;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.scratchpad_mode;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;

/** What all translations share: the engine, the scope, attributes and reorders. */
final class CallFactory {
  private final engine cpu;
  private final NativeScope scope;
  private final Layouts layouts;
  private final primitive_attr attributes;

  CallFactory(engine cpu, NativeScope scope) {
    this.cpu = cpu;
    this.scope = scope;
    this.layouts = new Layouts(scope);
    this.attributes = newAttributes();
  }

  engine cpu() {
    return cpu;
  }

  Layouts layouts() {
    return layouts;
  }

  <P extends Pointer> P own(P pointer) {
    return scope.own(pointer);
  }

  /** Attributes that leave the scratchpad to the plan. */
  primitive_attr attributes() {
    return attributes;
  }

  /** The same with operations applied to the result. */
  primitive_attr attributes(post_ops operations) {
    primitive_attr result = newAttributes();
    result.set_post_ops(operations);
    return result;
  }

  private primitive_attr newAttributes() {
    primitive_attr result = own(new primitive_attr());
    result.set_scratchpad_mode(scratchpad_mode.user);
    return result;
  }

  Call.Native call(
      String name, primitive made, primitive_desc_base description, Call.Argument... arguments) {
    return new Call.Native(name, own(made), description, List.of(arguments));
  }

  /** A change of layout or type. */
  Call.Native reorder(
      String name, memory.desc from, Place source, memory.desc to, Place destination) {
    reorder.primitive_desc description =
        own(new reorder.primitive_desc(cpu, from, cpu, to, attributes, false));
    return call(
        name,
        new reorder(description),
        description,
        new Call.Argument(DNNL_ARG_FROM, from, source),
        new Call.Argument(DNNL_ARG_TO, to, destination));
  }
}
