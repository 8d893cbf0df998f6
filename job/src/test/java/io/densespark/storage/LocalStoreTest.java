package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.densespark.storage.StorageException.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalStoreTest extends StoreContract {

  @TempDir Path directory;

  @Override
  protected Store freshStore() {
    return open(directory.resolve("workspace").toString());
  }

  @Test
  void leavesNoChecksumOrTemporaryFiles() throws IOException {
    try (Store store = freshStore()) {
      store.publish("a/b", Content.of(new byte[] {1}));
      store.replace("a/b", Content.of(new byte[] {2}));
      store.checkWritable();
    }
    try (Stream<Path> files = Files.walk(directory.resolve("workspace"))) {
      List<String> names =
          files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
      assertThat(names).containsExactly("b");
    }
  }

  @ParameterizedTest
  @CsvSource({"022, rw-r--r--", "027, rw-r-----", "077, rw-------"})
  void filesHaveThePermissionsThatHadoopsMaskLeaves(String mask, String permissions)
      throws IOException {
    Configuration settings = new Configuration();
    settings.set("fs.permissions.umask-mode", mask);
    try (Store store = Store.open(directory.toString(), settings)) {
      store.publish("masked", Content.of(new byte[] {1}));
    }
    assertThat(Files.getPosixFilePermissions(directory.resolve("masked")))
        .isEqualTo(PosixFilePermissions.fromString(permissions));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void nothingIsMoreOpenThanTheMaskOfTheProcess() throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "umask 077; exec \"$@\"",
                "sh",
                java,
                "-cp",
                System.getProperty("java.class.path"),
                MaskProbe.class.getName(),
                directory.resolve("mine").toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    assertThat(Files.getPosixFilePermissions(directory.resolve("mine/runs")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    assertThat(Files.getPosixFilePermissions(directory.resolve("mine/runs/a")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0600", "0755", "0531", "1777"})
  void permissionsAreThoseThatHadoopWouldSet(String mode) throws IOException {
    Path ours = Files.createDirectory(directory.resolve("ours"));
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    try (RawLocalFileSystem java = new LocalFiles();
        RawLocalFileSystem hadoop = new RawLocalFileSystem()) {
      java.initialize(URI.create("file:///"), new Configuration());
      hadoop.initialize(URI.create("file:///"), new Configuration());
      FsPermission permission = new FsPermission(mode);
      java.setPermission(new org.apache.hadoop.fs.Path(ours.toString()), permission);
      hadoop.setPermission(new org.apache.hadoop.fs.Path(theirs.toString()), permission);
    }
    assertThat(Files.getAttribute(ours, "unix:mode"))
        .isEqualTo(Files.getAttribute(theirs, "unix:mode"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aDiskThatIsFullIsNamedAndLeavesNothingBehind() throws IOException {
    try (Store store = freshStore();
        RawLocalFileSystem fileSystem = new RawLocalFileSystem()) {
      fileSystem.initialize(URI.create("file:///"), new Configuration());
      // Hadoop throws an Error there, no Exception.
      Content onFullDevice =
          out -> {
            try (OutputStream full =
                fileSystem.create(new org.apache.hadoop.fs.Path("/dev/full"), true)) {
              full.write(1);
            }
          };
      assertThatThrownBy(() -> store.replace("a/b", onFullDevice))
          .asInstanceOf(type(StorageException.class))
          .returns(Reason.FULL, StorageException::reason);
    }
    assertThat(directory.resolve("workspace/a")).isEmptyDirectory();
  }

  @Test
  void plainAndRelativePathsAreLocalWithoutACluster() {
    try (Store absolute = open("/some/where");
        Store relative = open("./workspace");
        Store bare = open("workspace")) {
      String here = Path.of("").toAbsolutePath().toUri().toString();
      assertThat(absolute.uri()).isEqualTo("file:/some/where");
      assertThat(relative.uri()).isEqualTo(bare.uri());
      assertThat("file://" + relative.uri().substring("file:".length()))
          .isEqualTo(here + "workspace");
    }
  }

  @Test
  void fileInPlaceOfTheWorkspaceIsReportedBeforeTraining() throws IOException {
    Path file = Files.writeString(directory.resolve("occupied"), "x");
    try (Store store = open(file + "/workspace")) {
      assertThatThrownBy(store::checkWritable)
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("occupied/workspace");
    }
  }

  @Test
  void aHomeThatOnlyAShellExpandsIsRefused() {
    assertThatThrownBy(() -> Store.open("~/runs", new Configuration()))
        .asInstanceOf(type(StorageException.class))
        .returns(Reason.INVALID, StorageException::reason);
    assertThat(Path.of("~")).doesNotExist();
  }

  @Test
  void fileSystemWithoutRoomSaysSo() {
    // Every Linux has a device that is always full.
    assertThatThrownBy(
            () -> {
              try (var out = Files.newOutputStream(Path.of("/dev/full"))) {
                out.write(1);
              } catch (IOException e) {
                throw StorageFailure.of("write", "file:/dev/full", e);
              }
            })
        .asInstanceOf(type(StorageException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.FULL))
        .satisfies(e -> assertThat(e).hasMessageContaining("Free space"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abs", "a//b", "a/", "../up", "a/../b", "a/./b", "a:b", "a b"})
  void pathsThatLeaveTheWorkspaceOrSomeStoreCannotHoldAreRefused(String path) {
    try (Store store = freshStore()) {
      assertThatThrownBy(() -> store.exists(path))
          .asInstanceOf(type(StorageException.class))
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.INVALID));
    }
  }

  @Test
  void credentialsInTheUriAreRefusedAndNotRepeated() {
    assertThatThrownBy(() -> open("s3a://AKIAEXAMPLE:se/cr@et@bucket/ws"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("s3a://(hidden)@bucket/ws")
        .hasMessageContaining("AWS_ACCESS_KEY_ID")
        .hasMessageNotContaining("AKIAEXAMPLE")
        .hasMessageNotContaining("cr@et")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nosuch://host/ws", "ftp://host/ws"})
  void unknownSchemesAreRefusedWithTheAllowedOnes(String workspace) {
    assertThatThrownBy(() -> open(workspace))
        .asInstanceOf(type(StorageException.class))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.UNSUPPORTED))
        .satisfies(e -> assertThat(e).hasMessageContaining("file, hdfs or s3a"));
  }

  @Test
  void userSettingsWinOverOurBounds() {
    Configuration user = new Configuration();
    user.set("fs.s3a.retry.limit", "11");
    Configuration settings = StoreSettings.bounded(user);
    assertThat(settings.getInt("fs.s3a.retry.limit", 0)).isEqualTo(11);
    assertThat(settings.getInt("fs.s3a.attempts.maximum", 0)).isEqualTo(2);
  }

  private static Store open(String workspace) {
    return Store.open(workspace, new Configuration());
  }
}
