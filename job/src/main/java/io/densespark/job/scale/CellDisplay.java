package io.densespark.job.scale;

import io.densespark.job.RunDisplay;
import io.densespark.metrics.EpochRecord;
import io.densespark.text.Text;
import java.util.List;
import java.util.Optional;

/**
 * A run of a grid as one line that changes: its settings, epochs and ending are in its own files.
 *
 * @param whole what a person sees of the grid
 * @param name of the run
 */
record CellDisplay(RunDisplay whole, String name) implements RunDisplay {

  @Override
  public void started(Header header) {
    whole.phase(Text.format("%s: %,d steps", name, header.totalSteps()));
  }

  @Override
  public void phase(String what) {
    // Half of a short run's life is such phases: they would be all that is seen of a grid.
  }

  @Override
  public void step(int epoch, long step, double loss, double imagesPerSecond) {}

  @Override
  public void message(String line) {}

  @Override
  public void warning(String line) {
    whole.warning(name + ": " + line);
  }

  @Override
  public void epoch(EpochRecord record) {
    whole.phase(
        Text.format(
            "%s: epoch %d done, accuracy %.4f", name, record.epoch(), record.selectionAccuracy()));
  }

  @Override
  public void check(CheckState state, String what, String detail, Optional<String> advice) {
    whole.check(state, name + ": " + what, detail, advice);
  }

  @Override
  public void table(String title, List<String> columns, List<List<String>> rows) {}

  @Override
  public void finished(Summary summary) {}
}
