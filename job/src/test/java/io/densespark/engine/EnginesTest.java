package io.densespark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.engine.EngineConfig.Choice;
import io.densespark.engine.EngineConfig.Precision;
import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.nd4j.Nd4jEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class EnginesTest {

  private final List<String> warnings = new ArrayList<>();

  @Test
  void autoTakesTheFastestThatCompiles() {
    Engines engines = engines(willing(Choice.ONEDNN), willing(Choice.ND4J));

    assertThat(taken(engines, Choice.AUTO)).isEqualTo("onednn");
    assertThat(warnings).isEmpty();
  }

  @Test
  void autoFallsBackWhereTheLibraryDoesNotLoadAndSaysWhyOnce() {
    Engines engines = engines(unavailable(Choice.ONEDNN), willing(Choice.ND4J));

    assertThat(taken(engines, Choice.AUTO)).isEqualTo("nd4j");
    assertThat(taken(engines, Choice.AUTO)).isEqualTo("nd4j");
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("engine nd4j")
        .contains("onednn: no library");
  }

  @Test
  void autoSaysEveryNewReason() {
    List<String> reasons = new ArrayList<>(List.of("layer a", "layer b", "layer a"));
    Engine picky =
        new FakeEngine(
            Choice.ONEDNN,
            () -> {
              throw new UnsupportedGraphException(reasons.remove(0));
            });
    Engines engines = engines(picky, willing(Choice.ND4J));

    for (int i = 0; i < 3; i++) {
      assertThat(taken(engines, Choice.AUTO)).isEqualTo("nd4j");
    }
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0)).contains("layer a");
    assertThat(warnings.get(1)).contains("layer b");
  }

  @Test
  void autoGivesEveryReasonWhenNoEngineCompiles() {
    assertThatThrownBy(
            () -> taken(engines(unavailable(Choice.ONEDNN), refusing(Choice.ND4J)), Choice.AUTO))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("onednn: no library")
        .hasMessageContaining("nd4j: layer 'x'");
    assertThatThrownBy(
            () -> taken(engines(refusing(Choice.ONEDNN), unavailable(Choice.ND4J)), Choice.AUTO))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("onednn: layer 'x'")
        .hasMessageContaining("nd4j: no library");
    assertThat(warnings).isEmpty();
  }

  @Test
  void autoDoesNotHideAFault() {
    Engine broken =
        new FakeEngine(
            Choice.ONEDNN,
            () -> {
              throw new IllegalStateException("fault");
            });

    assertThatThrownBy(() -> taken(engines(broken, willing(Choice.ND4J)), Choice.AUTO))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("fault");
  }

  @Test
  void anEngineAskedForByNameNeverFallsBack() {
    Engines engines = engines(unavailable(Choice.ONEDNN), willing(Choice.ND4J));

    assertThat(taken(engines, Choice.ND4J)).isEqualTo("nd4j");
    assertThatThrownBy(() -> taken(engines, Choice.ONEDNN))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessage("no library");
    assertThatThrownBy(
            () -> taken(engines(refusing(Choice.ONEDNN), willing(Choice.ND4J)), Choice.ONEDNN))
        .isInstanceOf(UnsupportedGraphException.class)
        .hasMessageContaining("layer 'x'");
    assertThat(warnings).isEmpty();
  }

  @Test
  void anEngineThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> taken(engines(willing(Choice.ND4J)), Choice.ONEDNN))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("onednn")
        .hasMessageContaining("[nd4j]");
  }

  @Test
  void anEngineThatNeedsADeviceIsNotAskedWithoutOne() {
    Engines engines = engines(onDevice(Choice.ONEDNN), willing(Choice.ND4J));
    PlanConfig named = config(Choice.ONEDNN, Precision.FP32);

    assertThat(taken(engines, Choice.AUTO)).isEqualTo("nd4j");
    assertThatThrownBy(() -> taken(engines, named))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("spark.task.resource.gpu.amount=1");
    assertThat(taken(engines, named.onDevice("3"))).isEqualTo("device 3");
    assertThat(warnings).singleElement().asString().contains("Spark assigned none");
  }

  @Test
  void autoLeavesEnginesAloneThatWantToBeNamed() {
    Engine shy =
        new Engine() {
          @Override
          public Choice choice() {
            return Choice.CUDA;
          }

          @Override
          public Optional<String> caution() {
            return Optional.of("never tried");
          }

          @Override
          public Plan compile(ComputationGraphConfiguration graph, PlanConfig config) {
            return new FakePlan("named");
          }
        };

    Engines engines = engines(shy, willing(Choice.ND4J));
    assertThat(taken(engines, Choice.AUTO)).isEqualTo("nd4j");
    assertThat(warnings).isEmpty();
    assertThat(taken(engines, Choice.CUDA)).isEqualTo("named");
    assertThat(taken(engines, Choice.CUDA)).isEqualTo("named");
    assertThat(warnings).containsExactly("never tried");
  }

  @Test
  void bf16IsRefusedWhereOnlyTheReferenceRuns() {
    PlanConfig config = config(Choice.AUTO, Precision.BF16);

    assertThatThrownBy(() -> new Nd4jEngine().compile(EngineUnderTest.ordinary().graph(), config))
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("fp32")
        .hasMessageContaining("precision is bf16");
    assertThatThrownBy(() -> new EngineConfig(Choice.ND4J, Precision.BF16))
        .hasMessageContaining("engine.name = nd4j, engine.precision = bf16");
  }

  @Test
  void theEnginesOfThisBuildAreFoundFastestFirst() {
    assertThat(Engines.ofThisBuild()).extracting(Engine::name).containsExactly("onednn", "nd4j");
  }

  /** Executors of Spark run tasks under a class loader that may not see this job's jar. */
  @Test
  void enginesAreFoundWhateverTheThreadsClassLoader() {
    Thread thread = Thread.currentThread();
    ClassLoader kept = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      assertThat(Engines.ofThisBuild()).hasSize(2);
    } finally {
      thread.setContextClassLoader(kept);
    }
  }

  private Engines engines(Engine... fastestFirst) {
    return new Engines(List.of(fastestFirst), warnings::add);
  }

  private static String taken(Engines engines, Choice choice) {
    return taken(engines, config(choice, Precision.FP32));
  }

  private static String taken(Engines engines, PlanConfig config) {
    try (Plan plan = engines.compileAsChosen(EngineUnderTest.ordinary().graph(), config)) {
      return plan.summary().engine();
    }
  }

  private static PlanConfig config(Choice choice, Precision precision) {
    return new PlanConfig(2, 1, Purpose.TRAINING, 3, 7, 5, new EngineConfig(choice, precision));
  }

  private static Engine willing(Choice choice) {
    return new FakeEngine(choice, () -> new FakePlan(choice.name().toLowerCase(Locale.ROOT)));
  }

  private static Engine onDevice(Choice choice) {
    return new Engine() {
      @Override
      public Choice choice() {
        return choice;
      }

      @Override
      public boolean needsDevice() {
        return true;
      }

      @Override
      public Plan compile(ComputationGraphConfiguration graph, PlanConfig config) {
        return new FakePlan("device " + config.device());
      }
    };
  }

  private static Engine unavailable(Choice choice) {
    return new FakeEngine(
        choice,
        () -> {
          throw new EngineUnavailableException("no library", null);
        });
  }

  private static Engine refusing(Choice choice) {
    return new FakeEngine(
        choice,
        () -> {
          throw new UnsupportedGraphException("layer 'x' is not computed");
        });
  }

  private record FakeEngine(Choice choice, Supplier<Plan> plans) implements Engine {
    @Override
    public Plan compile(ComputationGraphConfiguration graph, PlanConfig config) {
      return plans.get();
    }
  }

  private record FakePlan(String engine) implements Plan {
    @Override
    public PlanSummary summary() {
      return new PlanSummary(engine, "none", 0, 0);
    }

    @Override
    public PlanConfig config() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long parameterCount() {
      throw new UnsupportedOperationException();
    }

    @Override
    public double gradient(
        INDArray parameters, INDArray features, INDArray labels, INDArray gradient, long seed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void infer(INDArray parameters, INDArray features, INDArray probabilities) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
