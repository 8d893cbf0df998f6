package io.densespark.sync;

import io.densespark.sync.collective.Collective;
import io.densespark.sync.collective.CollectiveConfig;
import io.densespark.sync.collective.InJvmGroup;
import io.densespark.sync.collective.PeerAddress;
import io.densespark.sync.collective.Rendezvous;
import io.densespark.sync.collective.RunSecret;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.BarrierTaskContext;

/** How the tasks of a barrier stage find each other. */
final class Peers {

  private static final String VERSION = "densespark-1";

  /** Groups of this JVM that are still assembling or at work, by job and attempt. */
  private static final Map<String, InJvmGroup> GROUPS = new ConcurrentHashMap<>();

  private Peers() {}

  /**
   * Meets all tasks of the stage. Within one JVM they share memory; otherwise each opens a server
   * socket on its executor's address, and the driver tells everyone's to everyone.
   */
  static Collective meet(BarrierTaskContext context, EpochWork work, Presence presence)
      throws InterruptedException {
    int worldSize = context.getTaskInfos().length;
    if (worldSize == 1) {
      return Collective.single();
    }
    if (work.oneJvm()) {
      return group(context, work).join(context.partitionId());
    }
    String meeting = meeting(context, work);
    try (Rendezvous rendezvous = Rendezvous.open(presence.host())) {
      List<PeerAddress> addresses = presence.meet(rendezvous.address());
      return rendezvous.connect(
          addresses,
          context.partitionId(),
          CollectiveConfig.of(meeting, RunSecret.decode(work.secret()), VERSION, work.timeout()));
    }
  }

  /** The job is over: tasks of this JVM that still wait for others of it do so in vain. */
  static void end(String job) {
    GROUPS.forEach(
        (meeting, group) -> {
          if (meeting.startsWith(job) && GROUPS.remove(meeting, group)) {
            group.abort(0, "the job is over");
          }
        });
  }

  private static InJvmGroup group(BarrierTaskContext context, EpochWork work) {
    GROUPS.keySet().removeIf(other -> !other.startsWith(work.job()));
    return GROUPS.computeIfAbsent(
        meeting(context, work),
        ignored -> new InJvmGroup(context.getTaskInfos().length, work.timeout()));
  }

  private static String meeting(BarrierTaskContext context, EpochWork work) {
    return work.job() + "/" + work.attempt() + "." + context.stageAttemptNumber();
  }
}
