package io.densespark.sync.rank;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.Engine;
import io.densespark.engine.EngineConfig;
import io.densespark.engine.PlanConfig;
import io.densespark.sync.SyncConfig.ExchangeRule;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.DenseExchange;
import io.densespark.sync.collective.ExecutorGroup;
import io.densespark.sync.master.SyncNets;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Placement;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.train.FlatGradient;
import io.densespark.train.Replica;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.learning.config.Sgd;

/** What sums of gradients on devices must be: those that this machine makes, bit for bit. */
public abstract class DeviceSumsContract {

  private static final int STEPS = 2;

  private final Engine engine;
  private final EngineConfig config;

  protected DeviceSumsContract(Engine engine, EngineConfig config) {
    this.engine = engine;
    this.config = config;
  }

  /**
   * @param branches partial sums of one slot, which its device gives away where it has not all
   */
  @ParameterizedTest
  @CsvSource({"1, 1, 0", "2, 1, 0", "3, 1, 0", "7, 1, 0", "2, 2, 2", "6, 2, 4", "7, 3, 3"})
  void addAsThisMachineDoes(int ranks, int slots, int branches) throws Exception {
    AtomicInteger moved = new AtomicInteger();
    List<float[]> expected = onEachSlot(ranks, 1, collective -> addHere(collective));

    List<float[]> sums = onEachSlot(ranks, slots, collective -> addOnDevice(collective, moved));

    assertThat(sums).hasSize(slots).allSatisfy(sum -> assertThat(sum).isEqualTo(expected.get(0)));
    assertThat(moved).hasValue(STEPS * branches);
  }

  private static float[] addHere(Collective collective) {
    DenseExchange exchange = new DenseExchange(collective, WirePrecision.FP32);
    FloatBuffer gradient = FloatBuffer.allocate(Math.toIntExact(graph().numParams()));
    for (int step = 0; step < STEPS; step++) {
      for (int rank : collective.ranks().toList()) {
        gradient.put(0, gradient(rank, step));
        exchange.add(rank, gradient, new Companions(rank, step));
      }
      exchange.sumWithCompanions(gradient);
    }
    return gradient.array();
  }

  private float[] addOnDevice(Collective collective, AtomicInteger moved) {
    PlanConfig plan =
        new PlanConfig(1, 1, PlanConfig.Purpose.TRAINING, 1, SyncNets.SIDE, SyncNets.SIDE, config);
    ComputationGraph graph = graph();
    int ranks = collective.placement().worldSize();
    try (Replica replica =
        new Replica(graph, engine.compile(graph.getConfiguration(), plan.onFirstDevice()))) {
      FlatGradient gradient = replica.flatGradient();
      DeviceSums sums =
          new DeviceSums(collective, gradient, counting(gradient.device().orElseThrow(), moved));
      for (int step = 0; step < STEPS; step++) {
        for (int rank : collective.ranks().toList()) {
          gradient.overwritten().put(0, gradient(rank, step));
          sums.add(rank, new Companions(rank, step));
        }
        assertThat(sums.sum()).isEqualTo(new Companions(ranks * (ranks - 1) / 2, ranks * step));
      }
      float[] total = new float[Math.toIntExact(graph.numParams())];
      gradient.values().get(0, total);
      return total;
    }
  }

  /** Values that cancel, of all magnitudes, and zeros with a sign. */
  private static float[] gradient(int rank, int step) {
    Random random = new Random(31 * rank + step);
    float[] values = new float[Math.toIntExact(graph().numParams())];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 7 == 0 ? -0f : (float) Math.scalb(random.nextGaussian(), i % 60 - 30);
    }
    return values;
  }

  private static ComputationGraph graph() {
    return SyncNets.graph(new Sgd(0.1), true);
  }

  private static DeviceModel counting(DeviceModel device, AtomicInteger moved) {
    return (DeviceModel)
        Proxy.newProxyInstance(
            DeviceModel.class.getClassLoader(),
            new Class<?>[] {DeviceModel.class},
            (proxy, method, arguments) -> {
              if (List.of("upload", "download").contains(method.getName())) {
                moved.incrementAndGet();
              }
              try {
                return method.invoke(device, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private interface Body {
    float[] run(Collective collective);
  }

  private static List<float[]> onEachSlot(int ranks, int slots, Body body) throws Exception {
    Placement placement = new Placement(ranks, List.of(slots));
    ExecutorGroup group =
        new ExecutorGroup(placement, 0, ExchangeRule.AUTO, Duration.ofSeconds(60));
    ExecutorService threads = Executors.newFixedThreadPool(slots);
    try {
      List<Future<float[]>> futures = new ArrayList<>();
      for (int slot = 0; slot < slots; slot++) {
        Collective collective = group.join(slot);
        futures.add(threads.submit(() -> body.run(collective)));
      }
      List<float[]> results = new ArrayList<>();
      for (Future<float[]> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }
}
