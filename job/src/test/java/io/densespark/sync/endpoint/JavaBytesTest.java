package io.densespark.sync.endpoint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.sync.links.RunSecret;
import io.densespark.train.RankState;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes from other processes. */
class JavaBytesTest {

  static List<Serializable> strangers() {
    return List.of(
        new PriorityQueue<>(List.of(1)),
        // Of this project, but nothing that is ever sent.
        RunSecret.random(),
        new ArrayList<>(List.of("text", BigInteger.TWO)),
        new ArrayList<Object>(List.of("text", new BigInteger[0])));
  }

  @ParameterizedTest
  @MethodSource("strangers")
  void anotherClassIsRefusedByName(Serializable stranger) {
    assertThatThrownBy(() -> JavaBytes.read(JavaBytes.of(stranger), Object.class))
        .isInstanceOf(SecurityException.class)
        .hasMessageContaining("only records of this program are sent")
        .hasMessageFindingMatch("PriorityQueue|RunSecret|BigInteger");
  }

  @Test
  void anArrayThatCannotBeInTheBytesTakesNoMemory() {
    byte[] bytes = JavaBytes.of(new RankState(new float[] {1}));
    // The length stands before the only value, 4 bytes from the end.
    ByteBuffer.wrap(bytes).putInt(bytes.length - 8, Integer.MAX_VALUE);

    assertThatThrownBy(() -> JavaBytes.read(bytes, RankState.class))
        .isInstanceOf(SecurityException.class)
        .hasMessageContaining(Integer.MAX_VALUE + " elements in a message of " + bytes.length);
  }

  @Test
  void otherBytesAreNoObject() {
    byte[] bytes = "no object".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> JavaBytes.read(bytes, RankState.class))
        .hasMessageContaining("invalid stream header");
  }
}
