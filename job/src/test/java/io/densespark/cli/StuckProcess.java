package io.densespark.cli;

import java.util.concurrent.CountDownLatch;

/** A process that would never end by itself: a thread or a shutdown hook waits for ever. */
final class StuckProcess {

  private StuckProcess() {}

  public static void main(String[] args) {
    Thread stuck = new Thread(StuckProcess::waitForEver, "stuck");
    if (args[0].equals("hook")) {
      Runtime.getRuntime().addShutdownHook(stuck);
    } else {
      stuck.start();
    }
    System.out.print("last words");
    Main.endProcess(21, 1);
  }

  private static void waitForEver() {
    while (true) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        // Deaf to interrupts as well.
      }
    }
  }
}
