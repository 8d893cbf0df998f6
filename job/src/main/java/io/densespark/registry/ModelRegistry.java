package io.densespark.registry;

import io.densespark.registry.ModelVersion.FileDigest;
import io.densespark.registry.RegistryEvent.Kind;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import io.densespark.text.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The versions of one model.
 *
 * <p>A version becomes one by its manifest, an alias by its event: each a single file that appears
 * whole. A process may be killed at any write; whoever changes the registry next completes a
 * registration that has its manifest, removes one that has not, and renews the copies of the
 * aliases. One process changes a registry at a time, under a {@link StoreLock}; readers need none.
 */
public final class ModelRegistry {

  private final RegistryFiles files;
  private final Duration lease;
  private final Duration timeout;

  /**
   * @param name of the model: letters, digits and {@code . _ -}
   * @param lease how long the lock outlives a process that fell silent
   * @param timeout how long to wait for another process that changes the registry
   */
  public ModelRegistry(Store store, String name, Duration lease, Duration timeout) {
    this.files = new RegistryFiles(store, name);
    this.lease = lease;
    this.timeout = timeout;
  }

  /** Name of the model. */
  public String name() {
    return files.name();
  }

  /** Where the registry stands. */
  public String uri() {
    return files.uri();
  }

  /** The aliases as they are now. */
  public Aliases aliases() {
    return files.events().last().map(RegistryEvent::after).orElse(Aliases.NONE);
  }

  /** Every version that has an event, by number. */
  public List<ModelVersion> versions() {
    int newest = aliases().newest();
    List<ModelVersion> versions = new ArrayList<>();
    for (int version : files.numbers()) {
      if (version <= newest) {
        versions.add(version(version));
      }
    }
    return List.copyOf(versions);
  }

  /** The audit log, oldest first. */
  public List<RegistryEvent> events() {
    EventLog log = files.events();
    List<RegistryEvent> events = new ArrayList<>();
    long newest = log.newest();
    for (long sequence = 1; sequence <= newest; sequence++) {
      events.add(log.read(sequence));
    }
    return List.copyOf(events);
  }

  /**
   * What a version states of itself.
   *
   * @throws RegistryException if there is no such version, or its manifest is damaged
   */
  public ModelVersion version(int version) {
    return files.version(version);
  }

  /**
   * A file of a version, checked against the manifest.
   *
   * @throws RegistryException if it is damaged
   */
  public byte[] read(ModelVersion version, String file) {
    FileDigest expected = version.files().get(file);
    if (expected == null) {
      throw new RegistryException(
          Text.format(
              "Version %d of %s has no %s, only %s",
              version.version(), name(), file, version.files().keySet()));
    }
    String path = path(version.version(), file);
    byte[] content = files.store().read(path);
    if (!FileDigest.of(content).equals(expected)) {
      throw new RegistryException(
          Text.format(
              "%s is damaged: %d bytes of SHA-256 %s, expected %d of %s. Restore it, or roll back to another version",
              files.store().uri(path),
              content.length,
              DigestUtils.sha256Hex(content),
              expected.bytes(),
              expected.sha256()));
    }
    return content;
  }

  /** Where a version's file lies, relative to the workspace. */
  public String path(int version, String file) {
    return files.path(version, file);
  }

  /** The version made from this, if it is registered. */
  public Optional<ModelVersion> byKey(String key) {
    return files.number(key).map(this::version);
  }

  /**
   * Registers a model as the next version, which becomes the candidate. The same key gives the
   * version that it gave before.
   */
  public ModelVersion register(NewVersion model) {
    return locked("register", session -> session.register(model));
  }

  /**
   * Carries out what a gate decided: the version becomes the champion, or the rejection is noted.
   *
   * @return whether it was done; false where the champion is no longer the one that the gate
   *     compared with, and the gate has to look again
   */
  public boolean apply(GateDecision decision) {
    return locked("promote", session -> session.apply(decision));
  }

  /** Makes a version the champion without asking the gate. */
  public void promoteUnasked(int version, String reason) {
    locked(
        "promote",
        session -> {
          version(version);
          Aliases after = session.aliases().promoted(version);
          session.append(Kind.PROMOTED, version, "without the gate: " + reason, null, after);
          return null;
        });
  }

  /**
   * Returns to an earlier champion.
   *
   * @param to the version; empty: the champion before this one
   * @return the champion now; nothing is done where it is the one asked for already
   * @throws RegistryException if no earlier champion is known, or that was none
   */
  public int rollBack(Optional<Integer> to) {
    return locked(
        "rollback",
        session -> {
          Aliases now = session.aliases();
          if (to.isPresent() && now.isChampion(to.get())) {
            return to.get();
          }
          int target =
              to.or(now::previous)
                  .filter(now.former()::contains)
                  .orElseThrow(
                      () ->
                          new RegistryException(
                              Text.format(
                                  "%s cannot go back to %s: earlier champions are %s. Promote a version instead",
                                  uri(),
                                  to.map(v -> "version " + v).orElse("an earlier champion"),
                                  now.former().isEmpty() ? "none" : now.former())));
          version(target);
          session.append(
              Kind.ROLLED_BACK,
              target,
              Text.format("back from version %d", now.champion()),
              null,
              now.rolledBackTo(target));
          return target;
        });
  }

  /** What was decided last about a version; empty: nothing yet. */
  public Optional<RegistryEvent> verdictOn(int version) {
    EventLog log = files.events();
    for (long sequence = log.newest(); sequence > 0; sequence--) {
      RegistryEvent event = log.read(sequence);
      if (event.version() == version) {
        switch (event.kind()) {
          case PROMOTED, REJECTED -> {
            return Optional.of(event);
          }
          case REGISTERED -> {
            return Optional.empty();
          }
          case ROLLED_BACK -> {
            // It was promoted before that.
          }
        }
      }
    }
    return Optional.empty();
  }

  private <T> T locked(String purpose, Function<RegistrySession, T> action) {
    Store store = files.store();
    try (StoreLock lock =
        StoreLock.acquire(store, "model-" + files.name(), purpose, lease, timeout)) {
      return action.apply(
          new RegistrySession(new RegistryFiles(store.guardedBy(lock), files.name())));
    }
  }
}
