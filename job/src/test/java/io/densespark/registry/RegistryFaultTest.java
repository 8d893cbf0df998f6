package io.densespark.registry;

import static io.densespark.registry.Versions.accepted;
import static io.densespark.registry.Versions.model;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.checkpoint.FaultyFileSystem;
import io.densespark.checkpoint.FaultyFileSystem.Fault;
import io.densespark.checkpoint.FaultyFileSystem.Killed;
import io.densespark.registry.RegistryEvent.Kind;
import io.densespark.storage.StorageException;
import io.densespark.storage.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Fails every single change that registering and promoting make, in turn. */
class RegistryFaultTest {

  @TempDir(factory = InMemory.class)
  Path directory;

  /** Where Linux has a file system in memory: thousands of writes are synced. */
  private static final class InMemory implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
        throws IOException {
      Path memory = Path.of("/dev/shm");
      return Files.isWritable(memory)
          ? Files.createTempDirectory(memory, "registry")
          : Files.createTempDirectory("registry");
    }
  }

  @AfterEach
  void disarm() {
    FaultyFileSystem.disarm();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void whateverOperationFailsTheRegistryIsWholeAndTheSameCallsEndTheSame(Fault fault) {
    try (Store plain = Store.open(directory.toString(), new Configuration());
        Store faulty = Store.open("faulty://" + directory, faultySettings())) {
      change(plain, 1);
      int operation = 1;
      while (changeWithFault(plain, faulty, fault, operation)) {
        operation++;
      }
      // Four files of the version, its key, two events, two aliases: each of some six changes.
      assertThat(operation).isGreaterThan(45);

      ModelRegistry registry = Versions.registry(plain);
      int versions = operation + 1;
      assertThat(registry.versions()).hasSize(versions);
      assertThat(registry.events()).extracting(RegistryEvent::kind).hasSize(2 * versions);
      assertThat(registry.events())
          .allSatisfy(
              event ->
                  assertThat(event.kind())
                      .isEqualTo(event.sequence() % 2 == 1 ? Kind.REGISTERED : Kind.PROMOTED));
    }
  }

  /** One version more, upon those of the operations before. */
  private static boolean changeWithFault(Store plain, Store faulty, Fault fault, int operation) {
    FaultyFileSystem.arm(fault, operation);
    try {
      change(faulty, operation + 1);
    } catch (StorageException | Killed e) {
      assertThat(FaultyFileSystem.struck()).as("fails only by the fault").isTrue();
    }
    boolean struck = FaultyFileSystem.struck();
    FaultyFileSystem.disarm();

    // Readers need no repair: the champion is there and whole at any moment.
    ModelRegistry registry = Versions.registry(plain);
    ModelVersion champion = registry.version(registry.aliases().champion());
    assertThat(champion.version()).isIn(operation, operation + 1);
    assertThat(registry.read(champion, ModelVersion.MODEL)).isNotEmpty();

    change(plain, operation + 1);
    assertThat(registry.aliases().champion()).isEqualTo(operation + 1);
    assertThat(registry.aliases().newest()).isEqualTo(operation + 1);
    assertThat(plain.list("models/clothes/versions/" + (operation + 1))).hasSize(4);
    assertThat(new String(plain.read("models/clothes/aliases/champion.json"), UTF_8))
        .contains("versions/" + (operation + 1) + "/");
    return struck;
  }

  /** Registers and promotes, as a caller does that may have been here before. */
  private static void change(Store store, int number) {
    int version = session(store).register(model("m" + number)).version();
    assertThat(version).isEqualTo(number);
    if (Versions.registry(store).verdictOn(version).isEmpty()) {
      Integer champion = number == 1 ? null : Integer.valueOf(number - 1);
      assertThat(session(store).apply(accepted(version, champion))).isTrue();
    }
    // Whoever comes next renews the copies of the aliases.
    session(store);
  }

  /** Without the lock, whose own changes are many and tested elsewhere. */
  private static RegistrySession session(Store store) {
    return new RegistrySession(new RegistryFiles(store, "clothes"));
  }

  private static Configuration faultySettings() {
    Configuration settings = new Configuration();
    settings.setClass("fs.faulty.impl", FaultyFileSystem.class, FileSystem.class);
    return settings;
  }
}
