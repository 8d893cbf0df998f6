package io.densespark.train;

import static io.densespark.train.TrainConfig.ScheduleConfig.Kind.CONSTANT;
import static io.densespark.train.TrainConfig.ScheduleConfig.Kind.COSINE;
import static io.densespark.train.TrainConfig.ScheduleConfig.Kind.LINEAR;
import static io.densespark.train.TrainConfig.ScheduleConfig.Kind.ONE_CYCLE;
import static io.densespark.train.TrainConfig.ScheduleConfig.Kind.STEP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.train.TrainConfig.ScheduleConfig;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions;

class LearningRateScheduleTest {

  private static LearningRateSchedule of(ScheduleConfig.Kind kind, double warmup) {
    ScheduleConfig config = new ScheduleConfig(kind, warmup, List.of(1.0, 2.0), 0.1, 0.01);
    return LearningRateSchedule.of(config, 0.4, 10, 4);
  }

  @Test
  void warmUpRisesInEqualStepsToThePeak() {
    LearningRateSchedule schedule = of(CONSTANT, 1);

    assertThat(schedule.valueAt(0, 0)).isEqualTo(0.04, within(1e-12));
    assertThat(schedule.valueAt(4, 0)).isEqualTo(0.2, within(1e-12));
    assertThat(schedule.valueAt(9, 0)).isEqualTo(0.4, within(1e-12));
    assertThat(schedule.valueAt(39, 3)).isEqualTo(0.4);
  }

  @Test
  void stepMultipliesAtEachMilestone() {
    LearningRateSchedule schedule = of(STEP, 0);

    assertThat(schedule.valueAt(9, 0)).isEqualTo(0.4);
    assertThat(schedule.valueAt(10, 1)).isEqualTo(0.04, within(1e-12));
    assertThat(schedule.valueAt(20, 2)).isEqualTo(0.004, within(1e-12));
  }

  @Test
  void cosineIsHalfwayInTheMiddle() {
    LearningRateSchedule schedule = of(COSINE, 0);

    assertThat(schedule.valueAt(0, 0)).isEqualTo(0.4);
    assertThat(schedule.valueAt(20, 2)).isEqualTo((0.4 + 0.004) / 2, within(1e-12));
    assertThat(schedule.valueAt(40, 4)).isEqualTo(0.004, within(1e-12));
  }

  @Test
  void linearFallsByTheSameEveryStepToTheFinalFraction() {
    LearningRateSchedule schedule = of(LINEAR, 0);

    assertThat(schedule.valueAt(0, 0)).isEqualTo(0.4);
    for (int step = 0; step < 40; step++) {
      assertThat(schedule.valueAt(step, 0) - schedule.valueAt(step + 1, 0))
          .isEqualTo((0.4 - 0.004) / 40, within(1e-12));
    }
    assertThat(schedule.valueAt(40, 4)).isEqualTo(0.004, within(1e-12));
  }

  @Test
  void linearToZeroAfterAWarmUpIsATriangle() {
    ScheduleConfig config = new ScheduleConfig(LINEAR, 1, List.of(), 0.1, 0);
    LearningRateSchedule schedule = LearningRateSchedule.of(config, 0.4, 10, 4);

    assertThat(schedule.valueAt(9, 0)).isEqualTo(0.4, within(1e-12));
    assertThat(schedule.valueAt(10, 1)).isEqualTo(0.4, within(1e-12));
    assertThat(schedule.valueAt(25, 2)).isEqualTo(0.2, within(1e-12));
    assertThat(schedule.valueAt(39, 3)).isEqualTo(0.4 / 30, within(1e-12));
  }

  @Test
  void oneCycleRisesThenFalls() {
    LearningRateSchedule schedule = of(ONE_CYCLE, 0);

    assertThat(schedule.valueAt(0, 0)).isEqualTo(0.4 / 25, within(1e-12));
    assertThat(schedule.valueAt(12, 1)).isEqualTo(0.4, within(1e-12));
    assertThat(schedule.valueAt(40, 4)).isEqualTo(0.004, within(1e-12));
  }

  @Test
  void survivesTheJsonOfAGraph() {
    LearningRateSchedule schedule = of(STEP, 1);
    ComputationGraphConfiguration graph =
        new NeuralNetConfiguration.Builder()
            .updater(new Nesterovs(schedule, 0.9))
            .graphBuilder()
            .addInputs("in")
            .addLayer(
                "out",
                new OutputLayer.Builder(LossFunctions.LossFunction.MSE).nIn(2).nOut(2).build(),
                "in")
            .setOutputs("out")
            .build();

    String json = ComputationGraphConfiguration.fromJson(graph.toJson()).toJson();

    assertThat(json).isEqualTo(graph.toJson()).contains("LearningRateSchedule");
  }
}
