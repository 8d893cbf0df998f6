package io.densespark.sync.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class NativeViewTest {

  private static FloatBuffer direct(int length) {
    return ByteBuffer.allocateDirect(4 * length).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Test
  void seesWhatLiesBetweenPositionAndLimit() {
    FloatBuffer values = direct(6).put(2, 7f).position(2).limit(5);
    ByteBuffer bytes = NativeView.bytes(values);
    assertThat(bytes.capacity()).isEqualTo(12);
    assertThat(bytes.order(ByteOrder.nativeOrder()).getFloat(0)).isEqualTo(7f);
    bytes.putFloat(8, 9f);
    assertThat(values.get(4)).isEqualTo(9f);
    FloatBuffer next = values.duplicate().position(3);
    assertThat(NativeView.address(next) - NativeView.address(values)).isEqualTo(4);
  }

  @Test
  void nothingIsNoBytes() {
    assertThat(NativeView.bytes(direct(0)).capacity()).isZero();
  }

  @Test
  void refusesArraysAndTheOtherOrder() {
    assertThatThrownBy(() -> NativeView.bytes(FloatBuffer.allocate(1)))
        .hasMessageContaining("only a direct buffer");
    assertThatThrownBy(() -> NativeView.bytes(ByteBuffer.allocateDirect(4).asFloatBuffer()))
        .hasMessageContaining("only a direct buffer");
  }
}
