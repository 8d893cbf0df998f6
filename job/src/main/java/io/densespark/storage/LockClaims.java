package io.densespark.storage;

import io.densespark.storage.LockClaim.State;
import io.densespark.storage.StorageException.Reason;
import io.densespark.text.Text;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims on one lock: a directory of files, each written by who wants it or has it.
 *
 * @param name of the lock
 */
record LockClaims(Store store, String name) {

  private static final Logger LOG = LoggerFactory.getLogger(LockClaims.class);

  /**
   * Claims that this process has or wants; one of its own that could not be removed counts no more.
   */
  static final Set<String> OURS = ConcurrentHashMap.newKeySet();

  /** Time stamps of S3 are whole seconds, taken when an upload begins. */
  private static final Duration STAMP_MARGIN = Duration.ofSeconds(2);

  private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(1);

  /** Another claim that counts. */
  record Rival(String path, LockClaim claim, Instant expiresAt) {}

  /** A name that nobody else uses. */
  String newPath() {
    return directory() + "/" + UUID.randomUUID() + ".json";
  }

  void write(String path, LockClaim claim) {
    store.replace(path, Content.of(Json.document(claim)));
  }

  /** An output that somebody removes while it is written is not to come back by its lock. */
  void requireThere(String path) {
    if (!store.exists(path)) {
      throw new StorageException(Reason.MISSING, store.uri(path) + " was removed meanwhile");
    }
  }

  void deleteIfPossible(String path) {
    try {
      store.delete(path);
    } catch (StorageException e) {
      LOG.warn("A claim stays until it ends: {}", e.getMessage());
    }
  }

  /** As {@link StoreLock#seemsHeld} has it. */
  boolean seemHeld() {
    Instant now = Instant.now().minus(CLOCK_DIFFERENCE);
    for (StoreEntry entry : store.list(directory())) {
      try {
        LockClaim claim = parse(entry);
        if (!claim.process().isDead()
            && entry.modifiedAt().plusMillis(claim.leaseMillis()).isAfter(now)) {
          return true;
        }
      } catch (IOException e) {
        LOG.debug("{} is no claim: {}", store.uri(entry.path()), e.getMessage());
      } catch (StorageException e) {
        if (e.reason() != Reason.MISSING) {
          throw e;
        }
      }
    }
    return false;
  }

  /**
   * Every other claim that has not ended; the paths of those that have are added.
   *
   * @param path of the own claim, which was written a moment ago
   */
  List<Rival> rivals(String path, LockClaim claim, List<String> ended) {
    List<StoreEntry> entries = store.list(directory());
    Instant storeNow =
        entries.stream()
            .filter(entry -> entry.path().equals(path))
            .map(StoreEntry::modifiedAt)
            .findFirst()
            .orElseThrow(
                () ->
                    new StorageException(
                        Reason.FAILED,
                        Text.format(
                            "%s was written and is not listed. Something else removes files there, or the store's listings lag: locks need consistent ones",
                            store.uri(path))));
    List<Rival> rivals = new ArrayList<>();
    for (StoreEntry entry : entries) {
      if (entry.path().equals(path) || entry.directory()) {
        continue;
      }
      read(entry, claim.leaseMillis())
          .ifPresent(
              other -> {
                Instant expiresAt = entry.modifiedAt().plusMillis(other.leaseMillis());
                boolean over =
                    other.process().isDead()
                        || other.process().equals(claim.process()) && !OURS.contains(entry.path())
                        || expiresAt.plus(STAMP_MARGIN).isBefore(storeNow);
                if (over) {
                  ended.add(entry.path());
                } else {
                  rivals.add(new Rival(entry.path(), other, expiresAt));
                }
              });
    }
    return rivals;
  }

  /** Empty if it was withdrawn meanwhile; a file that is no claim counts as one for our lease. */
  private Optional<LockClaim> read(StoreEntry entry, long leaseMillis) {
    try {
      return Optional.of(parse(entry));
    } catch (StorageException e) {
      if (e.reason() == Reason.MISSING) {
        return Optional.empty();
      }
      throw e;
    } catch (IOException e) {
      LOG.warn("{} is no claim: {}", store.uri(entry.path()), e.getMessage());
    }
    return Optional.of(
        new LockClaim(
            State.HELD,
            "somebody who left a damaged claim, " + entry.name(),
            new ProcessIdentity("unknown-host", "", 0, 0),
            "unknown",
            entry.modifiedAt(),
            leaseMillis));
  }

  private LockClaim parse(StoreEntry entry) throws IOException {
    LockClaim claim = Json.read(store.read(entry.path()), LockClaim.class);
    if (claim.state() == null || claim.process() == null || claim.leaseMillis() <= 0) {
      throw new IOException("a claim needs a state, a process and a lease");
    }
    return claim;
  }

  private String directory() {
    return "locks/" + name;
  }

  /** For messages. */
  @Override
  public String toString() {
    return "The lock " + store.uri(directory());
  }
}
