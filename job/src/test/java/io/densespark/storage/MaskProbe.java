package io.densespark.storage;

import org.apache.hadoop.conf.Configuration;

/** Writes a file into the workspace that its argument names, in a process of its own. */
final class MaskProbe {

  private MaskProbe() {}

  public static void main(String[] args) {
    try (Store store = Store.open(args[0], new Configuration())) {
      store.publish("runs/a", Content.of(new byte[] {1}));
    }
  }
}
