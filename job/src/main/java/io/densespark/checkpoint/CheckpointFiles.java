package io.densespark.checkpoint;

import io.densespark.checkpoint.CheckpointManifest.FileDigest;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.text.Text;
import io.densespark.train.StepMetrics;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/** Data files of a checkpoint: bytes, and float32 values in little-endian order, moved in bulk. */
final class CheckpointFiles {

  private static final int CHUNK_FLOATS = 1 << 16;

  private CheckpointFiles() {}

  /** Values as they are written. */
  static Content floats(float[] values) {
    return out -> {
      ByteBuffer chunk = chunk();
      for (int start = 0; start < values.length; start += CHUNK_FLOATS) {
        int count = Math.min(CHUNK_FLOATS, values.length - start);
        chunk.asFloatBuffer().put(values, start, count);
        out.write(chunk.array(), 0, count * Float.BYTES);
      }
    };
  }

  /** Reads values and checks them against their digest. */
  static float[] readFloats(InputStream in, FileDigest expected) throws IOException {
    if (expected.bytes() % Float.BYTES != 0) {
      throw new IOException(
          Text.format("%d bytes are no whole number of float32", expected.bytes()));
    }
    float[] values = new float[Math.toIntExact(expected.bytes() / Float.BYTES)];
    MessageDigest sha = DigestUtils.getSha256Digest();
    ByteBuffer chunk = chunk();
    for (int start = 0; start < values.length; start += CHUNK_FLOATS) {
      int count = Math.min(CHUNK_FLOATS, values.length - start);
      fill(in, chunk.array(), count * Float.BYTES, (long) start * Float.BYTES, expected);
      sha.update(chunk.array(), 0, count * Float.BYTES);
      chunk.asFloatBuffer().get(values, start, count);
    }
    finish(in, sha, expected);
    return values;
  }

  /** Reads steps, a line of JSON each. */
  static List<StepMetrics> readSteps(InputStream in, FileDigest expected) throws IOException {
    String lines = new String(readBytes(in, expected), StandardCharsets.UTF_8);
    List<StepMetrics> steps = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      steps.add(Json.read(line.getBytes(StandardCharsets.UTF_8), StepMetrics.class));
    }
    return steps;
  }

  /** Reads bytes and checks them against their digest. */
  private static byte[] readBytes(InputStream in, FileDigest expected) throws IOException {
    byte[] bytes = new byte[Math.toIntExact(expected.bytes())];
    fill(in, bytes, bytes.length, 0, expected);
    MessageDigest sha = DigestUtils.getSha256Digest();
    sha.update(bytes);
    finish(in, sha, expected);
    return bytes;
  }

  private static void fill(
      InputStream in, byte[] target, int length, long position, FileDigest expected)
      throws IOException {
    int read = in.readNBytes(target, 0, length);
    if (read < length) {
      throw new EOFException(
          Text.format("truncated to %d of %d bytes", position + read, expected.bytes()));
    }
  }

  private static void finish(InputStream in, MessageDigest sha, FileDigest expected)
      throws IOException {
    if (in.read() >= 0) {
      throw new IOException(Text.format("longer than its %d bytes", expected.bytes()));
    }
    String found = HexFormat.of().formatHex(sha.digest());
    if (!found.equals(expected.sha256())) {
      throw new IOException(Text.format("SHA-256 %s, expected %s", found, expected.sha256()));
    }
  }

  private static ByteBuffer chunk() {
    return ByteBuffer.allocate(CHUNK_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }
}
