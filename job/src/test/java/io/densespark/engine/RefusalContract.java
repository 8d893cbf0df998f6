package io.densespark.engine;

import static io.densespark.engine.EngineUnderTest.poisoned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.densespark.engine.GraphCase.Images;
import io.densespark.engine.PlanConfig.Purpose;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The calls and graphs that are refused, and how. */
interface RefusalContract extends EngineUnderTest {

  @Test
  default void refusesArraysThatDoNotFit() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          INDArray p = graphCase.parameters();
          INDArray f = graphCase.features();
          INDArray l = graphCase.labels();
          INDArray g = poisoned(p.shape());
          long n = p.length();
          refused("parameters", "" + n, () -> gradient(plan, poisoned(1, n + 1), f, l, g));
          refused("parameters", "" + n, () -> gradient(plan, p.reshape(n, 1), f, l, g));
          refused("parameters", "DOUBLE", () -> gradient(plan, p.castTo(DataType.DOUBLE), f, l, g));
          refused("features", "13", () -> gradient(plan, p, poisoned(14, 3, 7, 5), l, g));
          refused(
              "features", "[13, 4, 7, 5]", () -> gradient(plan, p, poisoned(13, 4, 7, 5), l, g));
          refused(
              "features", "[13, 3, 5, 7]", () -> gradient(plan, p, poisoned(13, 3, 5, 7), l, g));
          refused("features", "[13, 105]", () -> gradient(plan, p, f.reshape(13, 105), l, g));
          refused("features", "INT", () -> gradient(plan, p, f.castTo(DataType.INT32), l, g));
          refused("features", "strides", () -> gradient(plan, p, f.dup('f'), l, g));
          refused("labels", "[12, 5]", () -> gradient(plan, p, f, poisoned(12, 5), g));
          refused("labels", "[13, 4]", () -> gradient(plan, p, f, poisoned(13, 4), g));
          refused("labels", "strides", () -> gradient(plan, p, f, l.dup('f'), g));
          refused("gradient", "" + n, () -> gradient(plan, p, f, l, poisoned(1, n - 1)));
          refused("probabilities", "[13, 6]", () -> plan.infer(p, f, poisoned(13, 6)));
          refused("probabilities", "[2, 5]", () -> plan.infer(p, f, poisoned(2, 5)));
        });
  }

  private static void gradient(Plan plan, INDArray p, INDArray f, INDArray l, INDArray g) {
    plan.gradient(p, f, l, g, NO_NOISE);
  }

  private static void refused(String argument, String detail, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(argument)
        .hasMessageContaining(detail);
  }

  @Test
  default void refusesGradientsOfAPlanForInference() {
    withPlan(
        Purpose.INFERENCE,
        (graphCase, plan) ->
            assertThatThrownBy(
                    () ->
                        answer(
                            plan, graphCase.parameters(), graphCase.features(), graphCase.labels()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("INFERENCE"));
  }

  @Test
  default void refusesCallsFromAnotherThread() {
    withPlan(
        Purpose.TRAINING,
        (graphCase, plan) -> {
          AtomicReference<Throwable> thrown = new AtomicReference<>();
          Thread stranger =
              new Thread(
                  () ->
                      thrown.set(
                          catchThrowable(
                              () ->
                                  answer(
                                      plan,
                                      graphCase.parameters(),
                                      graphCase.features(),
                                      graphCase.labels()))),
                  "stranger");
          stranger.start();
          join(stranger);
          assertThat(thrown.get())
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("stranger")
              .hasMessageContaining(Thread.currentThread().getName());
        });
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  default void closesAsOftenAsAsked() {
    GraphCase graphCase = EngineUnderTest.ordinary();
    Plan plan = compile(graphCase, Purpose.TRAINING);
    plan.close();
    plan.close();
    assertThatThrownBy(
            () -> answer(plan, graphCase.parameters(), graphCase.features(), graphCase.labels()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    answer(graphCase);
  }

  @Test
  default void refusesImagesThatTheGraphWasNotBuiltFor() {
    GraphCase graphCase = EngineUnderTest.ordinary();
    PlanConfig grey = new PlanConfig(13, 1, Purpose.TRAINING, 1, 7, 5, EngineConfig.defaults());
    assertThatThrownBy(() -> engine().compile(graphCase.graph(), grey))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("before");
  }

  @Test
  default void refusesAGraphOfTwoOutputs() {
    Images images = new Images(2, 1, 3, 3);
    GraphBuilder builder = ContractGraphs.builder(images);
    builder.addLayer("before", ContractGraphs.before(images), ContractGraphs.INPUT);
    builder.addLayer(
        "other",
        new OutputLayer.Builder().nOut(2).activation(Activation.SOFTMAX).build(),
        "before");
    builder.allowDisconnected(true);
    ComputationGraphConfiguration graph = ContractGraphs.end(builder, "before");
    graph.setNetworkOutputs(List.of(ContractGraphs.OUTPUT, "other"));
    GraphCase graphCase = new GraphCase("two outputs", graph, images, 1);
    assertThatThrownBy(() -> compile(graphCase, Purpose.TRAINING))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("other");
  }
}
