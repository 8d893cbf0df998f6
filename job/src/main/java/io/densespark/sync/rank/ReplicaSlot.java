package io.densespark.sync.rank;

import io.densespark.engine.Engines;
import io.densespark.engine.Plan;
import io.densespark.engine.PlanConfig;
import io.densespark.train.Replica;
import io.densespark.train.StepMetrics;
import io.densespark.train.TrainingState;
import io.densespark.train.UpdateConfig;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * A replica and how far it got, kept in an executor's JVM between Spark jobs. After a failed stage
 * attempt the slots that survive carry the last consistent state, from which the next attempt goes
 * on: see {@code EpochTask}.
 */
public final class ReplicaSlot implements AutoCloseable {

  /** Which replicas are interchangeable. */
  public record Key(String run, String graphJson, PlanConfig plan) {

    /** Whether the replicas of both differ in their device at most. */
    public boolean isLike(Key other) {
      return run.equals(other.run)
          && graphJson.equals(other.graphJson)
          && plan.onDevice(null).equals(other.plan.onDevice(null));
    }
  }

  private final Replica replica;

  private String job;
  private int consistentSteps;
  private TrainingState consistentState;
  private TrainingState copy;
  private final List<StepMetrics> steps = new ArrayList<>();

  private ReplicaSlot(Replica replica) {
    this.replica = replica;
  }

  /** Compiles a replica on the calling thread, which is the one that will run it. */
  public static ReplicaSlot create(Key key, UpdateConfig update) {
    ComputationGraphConfiguration configuration =
        ComputationGraphConfiguration.fromJson(key.graphJson());
    Plan plan = Engines.compile(configuration, key.plan());
    try {
      ComputationGraph graph = new ComputationGraph(configuration);
      graph.init();
      return new ReplicaSlot(new Replica(graph, plan, update));
    } catch (RuntimeException e) {
      plan.close();
      throw e;
    }
  }

  /** What ranks take turns on. */
  public Replica replica() {
    return replica;
  }

  /** Steps of a job that this slot can vouch for; -1 if it knows nothing of the job. */
  int consistentSteps(String ofJob) {
    return ofJob.equals(job) ? consistentSteps : -1;
  }

  /** The state after {@link #consistentSteps}. */
  TrainingState consistentState() {
    return consistentState != null ? consistentState : replica.state();
  }

  /** The metrics of the steps that {@link #consistentSteps} counts. */
  public List<StepMetrics> steps() {
    return steps;
  }

  /** Begins or goes on with a job at a state that all ranks share. */
  void begin(String newJob, TrainingState state) {
    consistentSteps = -1;
    replica.restore(state);
    job = newJob;
    steps.clear();
    steps.addAll(state.steps());
    consistentState = null;
    consistentSteps = state.stepInEpoch();
  }

  /** The graph is about to change: until the next mark it vouches for nothing of its own. */
  void beginUpdate() {
    if (consistentState == null) {
      consistentSteps = -1;
    }
  }

  /** After this many steps of the job, the graph holds what every other rank's graph holds. */
  void commit(int stepsDone) {
    consistentState = null;
    consistentSteps = stepsDone;
  }

  /**
   * As {@link #commit}, with a copy, because this rank now goes its own way for some steps. The
   * memory of the last copy is used again: as garbage it would keep the collector's threads busy
   * beside training.
   */
  void commitCopy(int stepsDone) {
    consistentState = null;
    copy = replica.state(copy);
    consistentState = copy;
    consistentSteps = stepsDone;
  }

  @Override
  public void close() {
    replica.close();
  }
}
