package io.densespark.storage;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * The local file system under the scheme {@code counting}, which knows its connections, those that
 * the job opened and has not closed, and what was read. Connections that Hadoop keeps for all to
 * share are not among them.
 */
public final class CountingFileSystem extends LocalFiles {

  /** Setting under which Hadoop finds this class. */
  public static final String SETTING = "fs.counting.impl";

  private static final URI ROOT = URI.create("counting:///");
  private static final Map<CountingFileSystem, Exception> OPEN = new ConcurrentHashMap<>();
  private static final List<String> READS = new CopyOnWriteArrayList<>();
  private static final AtomicInteger OPENED = new AtomicInteger();

  /** Where each connection that is open was opened. */
  public static List<Exception> open() {
    return List.copyOf(OPEN.values());
  }

  /** How many connections were opened until now. */
  public static int opened() {
    return OPENED.get();
  }

  /** Paths of the files opened for reading since {@link #forgetReads}, in that order. */
  public static List<String> reads() {
    return List.copyOf(READS);
  }

  public static void forgetReads() {
    READS.clear();
  }

  /** The place of a local path. */
  public static String uri(java.nio.file.Path path) {
    return "counting://" + path;
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return ROOT.getScheme();
  }

  @Override
  public void initialize(URI name, Configuration settings) throws IOException {
    super.initialize(name, settings);
    if (!settings.getBoolean("fs.automatic.close", true)) {
      OPEN.put(this, new Exception("opened here"));
      OPENED.incrementAndGet();
    }
  }

  @Override
  public FSDataInputStream open(Path path, int bufferBytes) throws IOException {
    READS.add(path.toUri().getPath());
    return super.open(path, bufferBytes);
  }

  @Override
  public void close() throws IOException {
    OPEN.remove(this);
    super.close();
  }
}
