package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import io.densespark.sync.collective.SealedMessage;
import io.densespark.train.StepMetrics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps that rank 0 has done, on their way to the driver.
 *
 * @param steps in order
 */
record ProgressReport(List<StepMetrics> steps) {

  private static final byte[] PURPOSE = "progress report".getBytes(StandardCharsets.US_ASCII);

  /** The report and its tag as bytes. */
  byte[] seal(RunSecret secret, String job) {
    ByteBuffer out =
        ByteBuffer.allocate(steps.size() * StepMetrics.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    steps.forEach(step -> step.putTo(out));
    return SealedMessage.seal(secret, PURPOSE, job, out.array());
  }

  /** The report in the bytes; null if they are not of this job. */
  static ProgressReport open(RunSecret secret, String job, byte[] sealed) {
    byte[] payload = SealedMessage.open(secret, PURPOSE, job, sealed);
    if (payload == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    List<StepMetrics> steps = new ArrayList<>();
    while (in.hasRemaining()) {
      steps.add(StepMetrics.from(in));
    }
    return new ProgressReport(steps);
  }
}
