package io.densespark.sync.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExecutorRunTest {

  private final String one = UUID.randomUUID().toString();
  private final String other = UUID.randomUUID().toString();

  @AfterEach
  void end() {
    ExecutorRun.end(one);
    ExecutorRun.end(other);
  }

  @Test
  void aRunIsKeptBetweenItsTasksBesideThoseOfAnotherRun() {
    ExecutorRun kept = task(one, Set.of(one, other));

    task(other, Set.of(one, other));

    assertThat(task(one, Set.of(one, other))).isSameAs(kept);
  }

  @Test
  void aTaskOfAnotherRunEndsTheRunsThatTheDriverHasClosed() {
    ExecutorRun kept = task(one, Set.of(one));

    task(other, Set.of(other));

    assertThat(task(one, Set.of(one))).isNotSameAs(kept);
  }

  @Test
  void aRunWhoseTaskIsUnderWayIsNotEndedByAnotherOnesWord() {
    ExecutorRun underWay = ExecutorRun.beginTask(one, Set.of(one));

    task(other, Set.of(other));

    assertThat(ExecutorRun.beginTask(one, Set.of(one))).isSameAs(underWay);
  }

  private static ExecutorRun task(String run, Set<String> open) {
    ExecutorRun here = ExecutorRun.beginTask(run, open);
    ExecutorRun.endTask(run);
    return here;
  }
}
