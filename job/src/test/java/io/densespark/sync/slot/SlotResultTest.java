package io.densespark.sync.slot;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.PlanSummary;
import io.densespark.sync.endpoint.JavaBytes;
import io.densespark.train.GradientNoise;
import io.densespark.train.RankState;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotResultTest {

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
}
