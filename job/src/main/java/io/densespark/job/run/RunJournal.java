package io.densespark.job.run;

import io.densespark.job.RunDisplay;
import io.densespark.metrics.RunDirectory;
import io.densespark.metrics.RunEvent;
import io.densespark.storage.StorageException;
import java.time.Instant;

/** Notes what happens to a run. What cannot be noted is told, and the run goes on. */
record RunJournal(RunDirectory directory, RunDisplay display) {

  void add(RunEvent.Kind kind, String detail) {
    add(Instant.now(), kind, detail);
  }

  void add(Instant at, RunEvent.Kind kind, String detail) {
    try {
      directory.addEvent(new RunEvent(at, kind, detail));
    } catch (StorageException e) {
      display.warning("not noted in the run's events: " + e.getMessage());
    }
  }
}
