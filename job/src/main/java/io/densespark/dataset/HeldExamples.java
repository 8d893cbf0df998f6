package io.densespark.dataset;

import io.densespark.data.BroadcastShards;
import io.densespark.data.ImageSet;
import io.densespark.data.ShardedDataSets;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.api.java.JavaSparkContext;

/** Examples that the driver holds. */
record HeldExamples(ImageSet images) implements Examples {

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int channels() {
    return images.channels();
  }

  @Override
  public String sha256() {
    MessageDigest digest = DigestUtils.getSha256Digest();
    digest.update(
        ByteBuffer.allocate(4 * Integer.BYTES)
            .putInt(images.size())
            .putInt(images.channels())
            .putInt(images.height())
            .putInt(images.width())
            .array());
    digest.update(images.pixels());
    return Hex.encodeHexString(digest.digest(images.labels()));
  }

  @Override
  public ShardedDataSets shards(
      JavaSparkContext context, int classes, int imageSize, long seed, int worldSize) {
    return new BroadcastShards(context, images, classes, imageSize, seed, worldSize);
  }
}
