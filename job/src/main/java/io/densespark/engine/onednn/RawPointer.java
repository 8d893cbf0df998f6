package io.densespark.engine.onednn;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Floats at an address that somebody else owns; one object can be moved from address to address.
 */
final class RawPointer extends FloatPointer {
  RawPointer() {
    super((Pointer) null);
  }

  RawPointer(long address) {
    this();
    at(address);
  }

  RawPointer at(long newAddress) {
    this.address = newAddress;
    return this;
  }
}
