package io.densespark.sync.master;

import io.densespark.sync.SnapshotReceiver;
import io.densespark.train.TrainingState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Keeps every snapshot. */
public final class KeptStates implements SnapshotReceiver {

  public final List<TrainingState> states = new CopyOnWriteArrayList<>();
  final CountDownLatch first = new CountDownLatch(1);
  volatile boolean wanted;

  @Override
  public void keep(TrainingState state, Duration pause) {
    states.add(state);
    first.countDown();
  }

  @Override
  public Duration sinceKept() {
    return Duration.ZERO;
  }

  @Override
  public boolean isWanted() {
    return wanted;
  }
}
