package io.densespark.bench.densespark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.DoubleStream;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;

/**
 * What the machine's cores sustain in float32: oneDNN's matrix product of two large squares, on
 * every core its own. Prints one line of JSON with the rate of the median product, which is the
 * peak that engines are compared to, and of the fastest. Arguments: {@code THREADS SECONDS
 * PRODUCTS}. OpenMP must be held to one thread by the environment.
 */
public final class Peak {

  private static final int SIDE = 1536;
  private static final double FLOPS_PER_PRODUCT = 2.0 * SIDE * SIDE * SIDE;

  private Peak() {}

  /** Measures once. */
  public static void main(String[] arguments) throws Exception {
    int threads = Integer.parseInt(arguments[0]);
    double seconds = Double.parseDouble(arguments[1]);
    int products = Integer.parseInt(arguments[2]);
    // The OpenCL that oneDNN links to is the bundled one only if it is loaded before.
    Loader.load(org.bytedeco.opencl.global.OpenCL.class);
    Loader.load(dnnl.class);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Callable<double[]>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      tasks.add(() -> productNanos(seconds, products));
    }
    double median = 0;
    double fastest = 0;
    for (Future<double[]> one : pool.invokeAll(tasks)) {
      double[] nanos = one.get();
      // Operations per nanosecond are billions a second.
      median += FLOPS_PER_PRODUCT / nanos[nanos.length / 2];
      fastest += FLOPS_PER_PRODUCT / nanos[0];
    }
    System.out.printf(
        Locale.ROOT,
        "{\"peer\":\"peak\",\"gigaflopsPerSecond\":%.1f,\"fastestGigaflopsPerSecond\":%.1f}%n",
        median,
        fastest);
    pool.shutdown();
  }

  /** The time of each product but the first, in ascending order. */
  private static double[] productNanos(double seconds, int products) {
    long elements = (long) SIDE * SIDE;
    try (FloatPointer a = new FloatPointer(elements);
        FloatPointer b = new FloatPointer(elements);
        FloatPointer c = new FloatPointer(elements)) {
      for (long i = 0; i < elements; i++) {
        a.put(i, 1 + i % 7);
        b.put(i, 1 + i % 5);
      }
      multiply(a, b, c);
      DoubleStream.Builder nanos = DoubleStream.builder();
      long began = System.nanoTime();
      for (int done = 0; done < products || System.nanoTime() - began < seconds * 1e9; done++) {
        long from = System.nanoTime();
        multiply(a, b, c);
        nanos.add(System.nanoTime() - from);
      }
      return nanos.build().sorted().toArray();
    }
  }

  private static void multiply(FloatPointer a, FloatPointer b, FloatPointer c) {
    int status =
        dnnl.dnnl_sgemm((byte) 'N', (byte) 'N', SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, 0, c, SIDE);
    if (status != dnnl.dnnl_success) {
      throw new IllegalStateException("oneDNN's sgemm failed with status " + status);
    }
  }
}
