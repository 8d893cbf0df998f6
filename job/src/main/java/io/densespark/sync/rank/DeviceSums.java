package io.densespark.sync.rank;

import io.densespark.engine.DeviceModel;
import io.densespark.engine.DeviceModel.Stored;
import io.densespark.engine.DeviceModel.Sum;
import io.densespark.engine.DeviceModel.Vector;
import io.densespark.sync.collective.Collective;
import io.densespark.sync.tree.Companions;
import io.densespark.sync.tree.Part;
import io.densespark.sync.tree.SlotSums;
import io.densespark.sync.tree.WirePrecision;
import io.densespark.train.FlatGradient;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Adds the gradients of a slot's ranks on the device that computes them, with the bits of {@link
 * io.densespark.sync.collective.DenseExchange}. What leaves the device are the slot's partial sums,
 * and nothing where it has all ranks.
 */
public final class DeviceSums implements SlotSums.Vectors<Stored> {
  private static final FloatBuffer NOTHING = FloatBuffer.allocate(0);

  private final Collective collective;
  private final FlatGradient gradient;
  private final DeviceModel device;
  private final SlotSums<Stored> sums;
  private final Deque<Sum> free = new ArrayDeque<>();

  /** Memory of partial sums on this machine, all but the last one's. */
  private final List<FloatBuffer> here = new ArrayList<>();

  /**
   * @param device that computes the gradient
   */
  DeviceSums(Collective collective, FlatGradient gradient, DeviceModel device) {
    this.collective = collective;
    this.gradient = gradient;
    this.device = device;
    this.sums = new SlotSums<>(collective.ranks(), collective.placement().worldSize(), this);
    int ranks = collective.ranks().size();
    reserve(device, ranks);
    for (int i = 0; i < SlotSums.most(ranks); i++) {
      free.add(new Sum(i));
    }
  }

  /**
   * Takes the device's memory for a slot of so many ranks.
   *
   * @throws io.densespark.engine.EngineUnavailableException where there is not enough
   */
  public static void reserve(DeviceModel device, int ranks) {
    device.reserve(SlotSums.most(ranks));
  }

  /** Brings the gradient of the next rank, as the replica has it. */
  void add(int rank, Companions beside) {
    // One of a rank without examples comes from this machine.
    gradient.device();
    sums.add(rank, Vector.GRADIENT, beside);
  }

  @Override
  public Stored keep(Stored brought) {
    Sum kept = free.pop();
    device.copy(brought, kept);
    return kept;
  }

  @Override
  public void add(SlotSums.Branch<Stored> into, SlotSums.Branch<Stored> other) {
    device.add(other.values(), into.values());
    release(other.values());
  }

  private void release(Stored vector) {
    if (vector instanceof Sum sum) {
      free.push(sum);
    }
  }

  /** Puts the sum over all ranks into the replica; returns what was summed beside it. */
  Companions sum() {
    List<SlotSums.Branch<Stored>> mine = sums.take();
    mine.forEach(branch -> release(branch.values()));
    if (collective.placement().slots() > 1) {
      return sumOverSlots(mine);
    }
    SlotSums.Branch<Stored> all = mine.get(0);
    if (all.values() != Vector.GRADIENT) {
      device.copy(all.values(), Vector.GRADIENT);
      gradient.changedOnDevice();
    }
    return collective.sum(
        List.of(new Part(all.ranks(), NOTHING, all.companions())), NOTHING, WirePrecision.FP32);
  }

  private Companions sumOverSlots(List<SlotSums.Branch<Stored>> mine) {
    FloatBuffer total = gradient.overwritten();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < mine.size(); i++) {
      FloatBuffer values = i == mine.size() - 1 ? total : memoryHere(i, total.remaining());
      device.download(mine.get(i).values(), values);
      parts.add(new Part(mine.get(i).ranks(), values, mine.get(i).companions()));
    }
    return collective.sum(parts, total, WirePrecision.FP32);
  }

  private FloatBuffer memoryHere(int number, int length) {
    if (number == here.size()) {
      here.add(FloatBuffer.allocate(length));
    }
    return here.get(number);
  }
}
