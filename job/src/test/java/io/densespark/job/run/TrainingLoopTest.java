package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.train.TrainConfig.EarlyStoppingConfig;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;

class TrainingLoopTest {

  private static final IllegalStateException REASON = new IllegalStateException("the disk is full");

  @Test
  void runThatIsCancelledBetweenTwoJobsTrainsNoOtherEpoch() {
    try (Cancellation cancellation = new Cancellation(() -> {}, () -> {})) {
      cancellation.cancel(REASON);
      CountingTrainer trainer = new CountingTrainer(() -> {});

      assertThatThrownBy(() -> loop(trainer, cancellation).run(3)).isSameAs(REASON);
      assertThat(trainer.trained).isZero();
    }
  }

  @Test
  void runThatIsCancelledWhileItTrainsIsNotEvaluated() {
    try (Cancellation cancellation = new Cancellation(() -> {}, () -> {})) {
      CountingTrainer trainer = new CountingTrainer(() -> cancellation.cancel(REASON));

      // There is no test set to be evaluated on.
      assertThatThrownBy(() -> loop(trainer, cancellation).run(3)).isSameAs(REASON);
      assertThat(trainer.trained).isOne();
    }
  }

  @Test
  void jobsThatBeginLaterAreCancelledToo() throws InterruptedException {
    CountDownLatch cancelled = new CountDownLatch(2);
    try (Cancellation cancellation = new Cancellation(cancelled::countDown, () -> {})) {
      cancellation.limit(Duration.ZERO);

      assertThat(cancelled.await(1, TimeUnit.MINUTES)).isTrue();
      assertThatThrownBy(() -> cancellation.check(REASON))
          .hasMessageContaining("train.time-limit")
          .hasSuppressedException(REASON);
    }
  }

  private static TrainingLoop loop(Trainer trainer, Cancellation cancellation) {
    return new TrainingLoop(
        trainer,
        null,
        Optional.empty(),
        List.of(),
        new EarlyStopping(new EarlyStoppingConfig(0, 0, Optional.empty()), List.of()),
        List.of(),
        cancellation);
  }

  /** Trains nothing. */
  private static final class CountingTrainer implements Trainer {
    private final ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("out", new OutputLayer.Builder().nIn(1).nOut(2).build(), "in")
                .setOutputs("out")
                .build());
    private final Runnable meanwhile;
    private int trained;

    CountingTrainer(Runnable meanwhile) {
      this.meanwhile = meanwhile;
    }

    @Override
    public ComputationGraph graph() {
      return graph;
    }

    @Override
    public Epoch trainEpoch() {
      trained++;
      meanwhile.run();
      return new Epoch(1, 1, 1, 1, Optional.empty());
    }

    @Override
    public void restore(TrainingState earlier) {}

    @Override
    public TrainingState state() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void load() {}

    @Override
    public void close() {}
  }
}
