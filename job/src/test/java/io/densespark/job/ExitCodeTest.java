package io.densespark.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.storage.StorageException;
import io.densespark.storage.StorageException.Reason;
import org.apache.spark.SparkException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitCodeTest {

  @ParameterizedTest
  @CsvSource({
    "EXISTS,2",
    "OVERLAPS,2",
    "DAMAGED,10",
    "INVALID,2",
    "MISSING,11",
    "DENIED,11",
    "UNREACHABLE,11",
    "UNSUPPORTED,11",
    "FULL,20",
    "FAILED,20"
  })
  void whatTheStorageMetDecides(Reason reason, int code) {
    assertThat(ExitCode.of(new StorageException(reason, "it")).number()).isEqualTo(code);
  }

  /** A task knows what is wrong with its data and its machine; all else is Spark's failure. */
  @ParameterizedTest
  @CsvSource({"DAMAGED,10", "DENIED,11", "EXISTS,20", "FULL,20"})
  void whatATaskMetDecidesWhereItIsDataOrMachine(Reason reason, int code) {
    Throwable failure = new SparkException("job aborted", new StorageException(reason, "it"));

    assertThat(ExitCode.of(failure).number()).isEqualTo(code);
  }
}
