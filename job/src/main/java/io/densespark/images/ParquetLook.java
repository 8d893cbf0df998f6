package io.densespark.images;

import io.densespark.images.ParquetInputs.Table;
import io.densespark.storage.StorageFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What a look at a file found: its footer, or why it cannot be used. */
record ParquetLook(Table table, Optional<ParquetFooter> footer, Optional<String> problem) {

  private static final int THREADS = 16;

  private static ParquetLook unusable(Table table, String problem) {
    return new ParquetLook(table, Optional.empty(), Optional.of(problem));
  }

  Map<String, String> columns() {
    return footer.orElseThrow().columns();
  }

  long rows() {
    return footer.orElseThrow().rows();
  }

  /** Looks at files, by many threads: what takes time is waiting for a store. */
  static List<ParquetLook> at(List<Table> tables) {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<ParquetLook>> looks = new ArrayList<>();
      tables.forEach(table -> looks.add(() -> look(table)));
      List<ParquetLook> found = new ArrayList<>();
      for (Future<ParquetLook> look : threads.invokeAll(looks)) {
        found.add(look.get());
      }
      return found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("stopped while looking at the images", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private static ParquetLook look(Table table) {
    if (!table.file().named() || table.file().name().contains(":")) {
      return unusable(
          table, "has a name that Spark cannot read, with a colon or not UTF-8: rename it");
    }
    try {
      return new ParquetLook(table, Optional.of(ParquetFooter.of(table.file())), Optional.empty());
    } catch (UnreadableImageException e) {
      return unusable(table, e.getMessage());
    } catch (IOException e) {
      return unusable(table, "cannot be read: " + StorageFailure.text(e, table.file().uri()));
    }
  }
}
