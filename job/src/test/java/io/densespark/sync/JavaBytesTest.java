package io.densespark.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.PlanSummary;
import io.densespark.sync.collective.RunSecret;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes from other processes. */
class JavaBytesTest {

  @Test
  void whatSlotsSendArrivesAsItWas() {
    StepMetrics step = new StepMetrics(1, 1, 8, 0.5, 0.1, 1, 2, 3, 4, 5, new GradientNoise(6, 7));
    TrainingState state =
        new TrainingState(
            0,
            1,
            new float[] {1, -0f},
            new float[] {2},
            List.of(new RankState(new float[] {3})),
            List.of(step));
    PlanSummary plan = new PlanSummary("onednn", "avx2", 1 << 20, 1.5);
    Map<String, Double> ratios = new LinkedHashMap<>(Map.of("layer", 0.25));

    SlotResult result =
        new SlotResult(3, null, state, List.of(step), plan, ratios, state.rankStates());
    SlotResult arrived = JavaBytes.read(JavaBytes.of(result), SlotResult.class);

    assertThat(arrived).usingRecursiveComparison().isEqualTo(result);
    SlotResult failed = SlotResult.failed(1, SlotResult.Failure.Kind.DATA, "why");
    assertThat(JavaBytes.read(JavaBytes.of(failed), SlotResult.class)).isEqualTo(failed);
  }

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
