package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.PlanSummary;
import io.densespark.job.SmallJobs;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.metrics.RunEvent.Kind;
import io.densespark.storage.Store;
import io.densespark.sync.SlotPlace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicesTest {

  @TempDir private Path workspace;

  private SmallJobs jobs;
  private RunDirectory run;
  private Devices devices;

  @BeforeEach
  void begin() {
    jobs = new SmallJobs(workspace);
    run = new RunDirectory(Store.open(workspace.toUri().toString(), new Configuration()), "run");
    devices =
        new Devices(
            run,
            Provenance.collect(Map.of(), Map.of(), Map.of(), Map.of(), 2, null),
            new RunJournal(run, jobs.display()),
            jobs.display());
  }

  @Test
  void everyOtherPlacementIsNoted() {
    devices.onPlaced(List.of(place(0, "a", "0"), place(1, "a", "1")));
    devices.onPlaced(List.of(place(0, "a", "0"), place(1, "a", "1")));
    devices.onPlaced(List.of(place(0, "a", "0"), new SlotPlace(1, "a", "new", "1")));
    devices.onPlaced(List.of(place(0, "a", "0"), place(1, "b", "GPU-4f")));

    assertThat(run.readEvents()).extracting(RunEvent::kind).containsOnly(Kind.DEVICES);
    assertThat(run.readEvents())
        .extracting(RunEvent::detail)
        .containsExactly(
            "slot 0: GPU 0 of executor 5 on a, slot 1: GPU 1 of executor 5 on a",
            "slot 0: GPU 0 of executor 5 on a, slot 1: GPU 1 of executor new on a",
            "slot 0: GPU 0 of executor 5 on a, slot 1: GPU GPU-4f of executor 5 on b");
    assertThat(run.readProvenance().orElseThrow().devices())
        .containsExactly(
            new Provenance.Device(0, "a", "0"), new Provenance.Device(1, "b", "GPU-4f"));
    assertThat(run.readProvenance().orElseThrow().replicas()).isEqualTo(2);
  }

  @Test
  void ofSlotsWithoutGpusTheEngineIsNoted() {
    devices.onPlaced(List.of(place(0, "a", null), place(1, "b", null)));
    devices.onTrained(trained("onednn"));

    assertThat(run.readEvents()).isEmpty();
    Provenance noted = run.readProvenance().orElseThrow();
    assertThat(noted.versions()).containsEntry("engine", "onednn on avx2");
    assertThat(noted.devices()).isNull();
    assertThat(jobs.shown()).isEmpty();
  }

  @Test
  void gpusThatStandIdleAndThoseOfTwoSlotsAreTold() {
    devices.onPlaced(List.of(place(0, "a", "0"), place(1, "a", "0")));
    devices.onTrained(trained("onednn"));
    devices.onTrained(trained("onednn"));

    assertThat(jobs.shown()).hasSize(3);
    assertThat(jobs.shown().get(1)).contains("two slots have a GPU 0 of a");
    assertThat(jobs.shown().get(2)).contains("the 2 GPUs of the slots stand idle");
  }

  private static SlotPlace place(int slot, String host, String device) {
    return new SlotPlace(slot, host, "5", device);
  }

  private static Trainer.Epoch trained(String engine) {
    return new Trainer.Epoch(1, 1, 1, 1, Optional.of(new PlanSummary(engine, "avx2", 0, 0)));
  }
}
