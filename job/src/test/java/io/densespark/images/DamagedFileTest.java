package io.densespark.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class DamagedFileTest {

  private static final String SAID =
      "Encountered error while reading file file:/a/b.parquet. Details:";

  @Test
  void theFileAndTheFirstCauseAreNamed() {
    Throwable failure =
        new SparkException("Job aborted", new SparkException(SAID, new IOException("bad page")));

    assertThat(DamagedFile.in(failure))
        .contains(new BrokenImage("file:/a/b.parquet", "is damaged (bad page)"));
  }

  @Test
  void aFileThatMemoryDoesNotHoldIsNotDamaged() {
    assertThat(DamagedFile.in(new SparkException(SAID, new OutOfMemoryError("Java heap space"))))
        .isEmpty();
  }

  @Test
  void otherFailuresAreAboutNoFile() {
    assertThat(DamagedFile.in(new SparkException("Job aborted", new IOException("x")))).isEmpty();
  }
}
