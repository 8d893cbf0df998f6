package io.densespark.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.EngineConfig;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.engine.PlanConfig.Purpose;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Plans and threads. An OpenMP worker carries the name of the thread that made it. */
class ThreadsTest {
  private static final ComputationGraphConfiguration NET =
      Nets.denseNet(1, 12, 16, 16, new int[] {2, 2}, false, Activation.RELU);

  private static PlanConfig config(int threads) {
    return new PlanConfig(8, threads, Purpose.TRAINING, 1, 12, 12, EngineConfig.defaults());
  }

  private static Comparison comparison() {
    return new Comparison(NET.clone(), 8, 1, 12, 12);
  }

  @Test
  void eachThreadUsesAsManyThreadsAsItsPlanSays() throws Exception {
    assertThat(nativeThreadsOf("one-thread", 1)).isEqualTo(1);
    assertThat(nativeThreadsOf("two-threads", 2)).isEqualTo(2);
    assertThat(nativeThreadsOf("one-again", 1)).isEqualTo(1);
  }

  private static long nativeThreadsOf(String name, int threads) throws Exception {
    return on(
        name,
        () -> {
          Comparison net = comparison();
          try (Plan plan = new OneDnnEngine().compile(net.configuration, config(threads))) {
            net.byPlan(plan);
            return tasksNamed(name);
          }
        });
  }

  private static long tasksNamed(String name) throws IOException {
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> nameOf(task).equals(name)).count();
    }
  }

  private static String nameOf(Path task) {
    try {
      return Files.readString(task.resolve("comm")).strip();
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  @Test
  void plansInTwoThreadsAtOnceComputeWhatOneDoesAlone() throws Exception {
    INDArray alone = on("alone", () -> gradients(comparison(), new CountDownLatch(0)));
    CountDownLatch both = new CountDownLatch(2);
    FutureTask<INDArray> left = start("left", () -> gradients(comparison(), both));
    FutureTask<INDArray> right = start("right", () -> gradients(comparison(), both));
    assertThat(left.get()).isEqualTo(alone);
    assertThat(right.get()).isEqualTo(alone);
  }

  /** The gradient after many runs beside whoever else waits at the latch. */
  private static INDArray gradients(Comparison net, CountDownLatch start) throws Exception {
    try (Plan plan = new OneDnnEngine().compile(net.configuration, config(1))) {
      start.countDown();
      start.await();
      INDArray last = null;
      for (int i = 0; i < 20; i++) {
        last = net.byPlan(plan).gradient();
      }
      return last;
    }
  }

  @Test
  void theSameInputsGiveTheSameBits() throws Exception {
    for (int threads = 1; threads <= 2; threads++) {
      PlanConfig config = config(threads);
      on(
          "bits",
          () -> {
            Comparison net = comparison();
            float[] first;
            try (Plan plan = new OneDnnEngine().compile(net.configuration, config)) {
              first = net.byPlan(plan).gradient().toFloatVector();
              for (int i = 0; i < 5; i++) {
                assertThat(net.byPlan(plan).gradient().toFloatVector()).isEqualTo(first);
              }
            }
            try (Plan another = new OneDnnEngine().compile(net.configuration, config)) {
              assertThat(net.byPlan(another).gradient().toFloatVector()).isEqualTo(first);
            }
            return null;
          });
    }
  }

  private static <T> T on(String name, Callable<T> work) throws Exception {
    return start(name, work).get();
  }

  private static <T> FutureTask<T> start(String name, Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    new Thread(task, name).start();
    return task;
  }
}
