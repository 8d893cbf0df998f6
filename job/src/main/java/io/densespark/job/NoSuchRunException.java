package io.densespark.job;

import io.densespark.metrics.RunDirectory;
import io.densespark.storage.StoreEntry;
import java.util.List;

/** A verb asks for a run that is not in the workspace. Ends the process with exit code 2. */
final class NoSuchRunException extends RuntimeException {

  private static final int NAMED = 10;

  NoSuchRunException(RunDirectory asked) {
    super(message(asked));
  }

  private static String message(RunDirectory asked) {
    List<String> there =
        asked.store().list(RunDirectory.RUNS).stream()
            .filter(StoreEntry::directory)
            .map(StoreEntry::name)
            .toList();
    String list =
        there.isEmpty()
            ? "no runs at all"
            : String.join(", ", there.subList(Math.max(0, there.size() - NAMED), there.size()));
    return "there is no run %s in %s, which holds %s: name one of them, or another --output"
        .formatted(asked.runId(), asked.store().uri(), list);
  }
}
