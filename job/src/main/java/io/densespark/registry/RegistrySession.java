package io.densespark.registry;

import io.densespark.registry.RegistryEvent.Kind;
import io.densespark.storage.Content;
import io.densespark.storage.Json;
import io.densespark.storage.Store;
import io.densespark.storage.StoreLock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** A registry while this process has its lock. */
final class RegistrySession {

  /** Content of a file under {@code aliases}. */
  private record AliasCopy(String alias, int version, String model, String sha256) {}

  private final RegistryFiles files;
  private final EventLog log;
  private long sequence;
  private Aliases aliases;

  /**
   * Completes what was broken off before.
   *
   * @param files through a store that the lock guards
   */
  RegistrySession(RegistryFiles files) {
    this.files = files;
    this.log = files.events();
    Optional<RegistryEvent> last = log.last();
    this.sequence = last.map(RegistryEvent::sequence).orElse(0L);
    this.aliases = last.map(RegistryEvent::after).orElse(Aliases.NONE);
    complete();
  }

  Aliases aliases() {
    return aliases;
  }

  /** Registers a model as the next version, or finds the one of the same key. */
  ModelVersion register(NewVersion model) {
    Optional<Integer> known = files.number(model.key());
    if (known.isPresent()) {
      return files.version(known.get());
    }
    ModelVersion version = files.upload(aliases.newest() + 1, model);
    complete();
    return version;
  }

  /** Carries out a decision, unless it was about another champion than there is now. */
  boolean apply(GateDecision decision) {
    if (!Objects.equals(aliases.champion(), decision.champion())) {
      return false;
    }
    int version = files.version(decision.version()).version();
    if (decision.accepted()) {
      append(Kind.PROMOTED, version, decision.reason(), decision, aliases.promoted(version));
    } else {
      append(Kind.REJECTED, version, decision.reason(), decision, aliases);
    }
    return true;
  }

  /** Versions beyond the newest in the log: one with a manifest gets its event, others go. */
  private void complete() {
    for (int number : files.numbers()) {
      if (number > aliases.newest()) {
        Optional<ModelVersion> version = files.manifest(number);
        if (version.isPresent()) {
          // The key first: whoever finds the event finds the key.
          files.writeKey(version.get().key(), number);
          String from = "from " + version.get().source();
          append(Kind.REGISTERED, number, from, null, aliases.registered(number));
        } else {
          files.store().delete(files.directory(number));
        }
      }
    }
    copyAliases();
  }

  void append(Kind kind, int version, String reason, GateDecision decision, Aliases after) {
    String actor = StoreLock.owner();
    long next = sequence + 1;
    log.append(
        new RegistryEvent(next, Instant.now(), actor, kind, version, reason, decision, after));
    sequence = next;
    aliases = after;
    copyAliases();
  }

  private void copyAliases() {
    copyAlias("candidate", aliases.candidate());
    copyAlias("champion", aliases.champion());
  }

  private void copyAlias(String alias, Integer number) {
    if (number == null) {
      return;
    }
    Store store = files.store();
    String path = files.aliasCopy(alias);
    String sha256 =
        files.manifest(number).map(v -> v.files().get(ModelVersion.MODEL).sha256()).orElse(null);
    byte[] wanted =
        Json.document(new AliasCopy(alias, number, files.path(number, ModelVersion.MODEL), sha256));
    if (!store.exists(path) || !Arrays.equals(store.read(path), wanted)) {
      store.replace(path, Content.of(wanted));
    }
  }
}
