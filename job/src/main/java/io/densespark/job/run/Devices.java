package io.densespark.job.run;

import io.densespark.engine.Engines;
import io.densespark.engine.PlanSummary;
import io.densespark.job.RunDisplay;
import io.densespark.metrics.Provenance;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.storage.StorageException;
import io.densespark.sync.SlotPlace;
import io.densespark.text.Text;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Notes what computes: in the run's provenance the engine, and which slot has which GPU; that among
 * the run's events as well, at first and whenever slots or their executors are others.
 */
final class Devices implements RunListener {

  private final RunDirectory directory;
  private final RunJournal journal;
  private final RunDisplay display;
  private Provenance provenance;
  private List<SlotPlace> known = List.of();
  private String engine = "";

  /**
   * @param provenance of the run, without engine and devices
   */
  Devices(RunDirectory directory, Provenance provenance, RunJournal journal, RunDisplay display) {
    this.directory = directory;
    this.provenance = provenance;
    this.journal = journal;
    this.display = display;
  }

  @Override
  public synchronized void onPlaced(List<SlotPlace> slots) {
    List<SlotPlace> places = slots.stream().filter(slot -> slot.device() != null).toList();
    if (places.equals(known)) {
      return;
    }
    known = places;
    String text =
        places.stream()
            .map(
                one ->
                    Text.format(
                        "slot %d: GPU %s of executor %s on %s",
                        one.slot(), one.device(), one.executor(), one.host()))
            .collect(Collectors.joining(", "));
    display.message(text);
    journal.add(RunEvent.Kind.DEVICES, text);
    provenance =
        provenance.on(
            places.stream()
                .map(one -> new Provenance.Device(one.slot(), one.host(), one.device()))
                .toList());
    write();
    warnOfOneForTwo();
  }

  private void write() {
    try {
      directory.writeProvenance(provenance);
    } catch (StorageException e) {
      display.warning("not noted in the run's provenance: " + e.getMessage());
    }
  }

  /** Containers may number theirs anew, so that it need not be the same one. */
  private void warnOfOneForTwo() {
    Set<String> seen = new HashSet<>();
    for (SlotPlace one : known) {
      if (!seen.add(one.host() + " " + one.device())) {
        display.warning(
            Text.format(
                "two slots have a GPU %s of %s: it is one and the same unless containers keep them"
                    + " apart, and then slows both down; have the discovery script print different"
                    + " addresses",
                one.device(), one.host()));
      }
    }
  }

  @Override
  public synchronized void onTrained(Trainer.Epoch trained) {
    trained.plan().ifPresent(this::onEngine);
  }

  private void onEngine(PlanSummary plan) {
    if (plan.computing().equals(engine)) {
      return;
    }
    engine = plan.computing();
    provenance = provenance.by(engine);
    write();
    if (!known.isEmpty() && !Engines.needsDevice(plan.engine())) {
      display.warning(
          Text.format(
              "the engine %s computes on processors: the %d GPUs of the slots stand idle; leave"
                  + " spark.executor.resource.gpu.amount out, or choose another engine.name",
              plan.engine(), known.size()));
    }
  }
}
