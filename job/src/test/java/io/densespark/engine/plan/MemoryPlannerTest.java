package io.densespark.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.densespark.engine.plan.MemoryPlanner.Demand;
import io.densespark.engine.plan.MemoryPlanner.Layout;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class MemoryPlannerTest {

  @Provide
  Arbitrary<List<Demand>> demands() {
    Arbitrary<Long> bytes = Arbitraries.longs().between(0, 5000);
    Arbitrary<Integer> start = Arbitraries.integers().between(0, 30);
    Arbitrary<Integer> length = Arbitraries.integers().between(0, 12);
    return Combinators.combine(bytes, start, length)
        .as((b, s, l) -> new Demand(0, b, s, s + l))
        .list()
        .ofMaxSize(40)
        .map(MemoryPlannerTest::numbered);
  }

  private static List<Demand> numbered(List<Demand> demands) {
    List<Demand> result = new ArrayList<>();
    for (Demand demand : demands) {
      result.add(new Demand(result.size(), demand.bytes(), demand.first(), demand.last()));
    }
    return result;
  }

  @Property
  void liveBuffersNeverShareBytes(@ForAll("demands") List<Demand> demands) {
    for (Layout layout : both(demands)) {
      for (Demand a : demands) {
        for (Demand b : demands) {
          if (a.id() < b.id() && a.first() <= b.last() && b.first() <= a.last()) {
            long startA = layout.offsetBytes().get(a.id());
            long startB = layout.offsetBytes().get(b.id());
            assertThat(startA + a.bytes() <= startB || startB + b.bytes() <= startA).isTrue();
          }
        }
      }
    }
  }

  @Property
  void buffersAreAlignedAndInsideTheArena(@ForAll("demands") List<Demand> demands) {
    for (Layout layout : both(demands)) {
      for (Demand demand : demands) {
        long offset = layout.offsetBytes().get(demand.id());
        assertThat(offset % MemoryPlanner.ALIGNMENT_BYTES).isZero();
        assertThat(offset + demand.bytes()).isLessThanOrEqualTo(layout.arenaBytes());
      }
    }
  }

  @Property
  void reuseNeedsAtMostTheSumAndAtLeastThePeak(@ForAll("demands") List<Demand> demands) {
    long arena = MemoryPlanner.plan(demands).arenaBytes();
    assertThat(arena).isLessThanOrEqualTo(MemoryPlanner.planWithoutReuse(demands).arenaBytes());
    for (int time = 0; time <= 42; time++) {
      int now = time;
      long live =
          demands.stream()
              .filter(d -> d.first() <= now && now <= d.last())
              .mapToLong(Demand::bytes)
              .sum();
      assertThat(arena).isGreaterThanOrEqualTo(live);
    }
  }

  @Example
  void successiveBuffersShareTheSameBytes() {
    List<Demand> chain = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      chain.add(new Demand(i, 640, i, i + 1));
    }
    assertThat(MemoryPlanner.plan(chain).arenaBytes()).isEqualTo(2 * 640);
  }

  @Example
  void refusesALifetimeThatEndsBeforeItStarts() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Demand(3, 10, 5, 4))
        .withMessageContaining("buffer 3");
  }

  private static List<Layout> both(List<Demand> demands) {
    return List.of(MemoryPlanner.plan(demands), MemoryPlanner.planWithoutReuse(demands));
  }
}
