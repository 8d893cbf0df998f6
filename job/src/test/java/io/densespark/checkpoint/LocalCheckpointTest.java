package io.densespark.checkpoint;

import io.densespark.storage.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LocalCheckpointTest extends CheckpointContract {

  @TempDir Path directory;

  @Override
  protected Store freshStore() {
    return Store.open(directory.toString(), new Configuration());
  }

  /** The memory of a process cannot be read at address 0: an input/output error of the kernel. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void fileOnADiskThatCannotBeReadIsSkippedAndNamed() {
    assertFallsBack(
        path -> {
          Path file = directory.resolve(path).resolve("parameters.f32");
          try {
            Files.delete(file);
            Files.createSymbolicLink(file, Path.of("/proc/self/mem"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        "parameters.f32: Input/output error");
  }
}
