package io.densespark.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The confined values of one JVM, kept between Spark jobs because they take seconds to make. A
 * value is lent to one borrower at a time; several of the same key may exist, one for each replica
 * that runs in this JVM.
 *
 * @param <K> what tells values apart; equal keys are interchangeable
 * @param <T> what is confined
 */
public final class ConfinedPool<K, T extends AutoCloseable> implements AutoCloseable {

  /** A value on loan; closing it returns the value to the pool. */
  public static final class Lease<T extends AutoCloseable> implements AutoCloseable {
    private final Confined<T> value;
    private Consumer<Confined<T>> giveBack;

    private Lease(Confined<T> value, Consumer<Confined<T>> giveBack) {
      this.value = value;
      this.giveBack = giveBack;
    }

    /** The value. */
    public Confined<T> value() {
      return value;
    }

    @Override
    public void close() {
      giveBack.accept(value);
      giveBack = ended -> {};
    }
  }

  private final String threadName;
  private final Map<K, List<Confined<T>>> idle = new HashMap<>();
  private boolean closed;

  /**
   * @param threadName name of the threads that values live on
   */
  public ConfinedPool(String threadName) {
    this.threadName = threadName;
  }

  /** Lends an idle value of this key, or a new one. */
  public Lease<T> lease(K key, Callable<T> creator) throws InterruptedException {
    Confined<T> value = take(key);
    return new Lease<>(
        value != null ? value : new Confined<>(threadName, creator), lent -> giveBack(key, lent));
  }

  /** Closes the idle values of all other keys: a new run does not need the memory of the last. */
  public synchronized void retainOnly(Predicate<K> wanted) {
    for (Iterator<Map.Entry<K, List<Confined<T>>>> it = idle.entrySet().iterator();
        it.hasNext(); ) {
      Map.Entry<K, List<Confined<T>>> entry = it.next();
      if (!wanted.test(entry.getKey())) {
        entry.getValue().forEach(Confined::close);
        it.remove();
      }
    }
  }

  /** Closes the idle values, and those on loan when they come back. */
  @Override
  public synchronized void close() {
    closed = true;
    retainOnly(key -> false);
  }

  private synchronized Confined<T> take(K key) {
    List<Confined<T>> values = idle.get(key);
    return values == null || values.isEmpty() ? null : values.remove(values.size() - 1);
  }

  private synchronized void giveBack(K key, Confined<T> value) {
    if (closed) {
      value.close();
      return;
    }
    idle.computeIfAbsent(key, ignored -> new ArrayList<>()).add(value);
  }
}
