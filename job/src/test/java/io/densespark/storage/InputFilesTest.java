package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.densespark.storage.FolderWalk.Entry;
import io.densespark.storage.InputFile.Kind;
import io.densespark.storage.StorageException.Reason;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputFilesTest {

  private static final byte[] CONTENT = {7};

  @TempDir Path folder;
  private final InputFiles files = new InputFiles(new Configuration());

  @BeforeEach
  void fill() throws IOException {
    Files.write(folder.resolve("a.png"), CONTENT);
    Files.write(Files.createDirectories(folder.resolve("d/e")).resolve("b.png"), CONTENT);
  }

  @AfterEach
  void close() {
    files.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a:b.png", "[x].png", "{y}.png", "?.png", "*.png", "a b.png", "a%20b", "é", "x@2x"
      })
  void everyNameIsItself(String name) throws Exception {
    Files.write(folder.resolve(name), CONTENT);

    for (String place : List.of(folder + "/" + name, "File://" + folder + "/" + name)) {
      List<InputFile> found = files.matching(place);
      assertThat(found).extracting(InputFile::name).containsExactly(name);
      assertThat(found.get(0).uri()).isEqualTo("file:" + folder + "/" + name);
      assertThat(files.reopen(found.get(0).key()).open().readAllBytes()).isEqualTo(CONTENT);
    }
  }

  @Test
  void aFolderIsNoFileToRead() {
    InputFile there = files.at(folder.toString());

    assertThatThrownBy(there::open)
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining("is a folder");
  }

  @Test
  void aNameThatIsNotUtf8KeepsItsBytes() throws Exception {
    // Java names it through a URI alone; under a locale without UTF-8 every such name is like this.
    Path odd = Path.of(URI.create(folder.toUri() + "caf%E9%20%C3%A9.png"));
    Files.write(odd, CONTENT);

    InputFile found =
        files.at(folder.toString()).children().stream()
            .filter(child -> child.name().startsWith("caf"))
            .findAny()
            .orElseThrow();

    assertThat(found.name()).isEqualTo("caf%E9 é.png");
    assertThat(found.named()).isFalse();
    assertThat(files.reopen(found.key()).open().readAllBytes()).isEqualTo(CONTENT);
  }

  @Test
  void aPatternIsOneOnlyWhereNothingHasThatName() {
    assertThat(files.matching(folder + "/*/*/*.png"))
        .extracting(InputFile::name)
        .containsExactly("b.png");
    assertThat(files.matching(folder + "/*.{png,jpg}")).hasSize(1);
    assertThat(files.matching(folder + "/*.gif")).isEmpty();
    assertThat(files.matching(folder + "/none"))
        .extracting(InputFile::kind)
        .containsOnly(Kind.MISSING);
  }

  @Test
  void linksThatLeadBackEndAndEachFileComesOnce() throws Exception {
    link("self", ".");
    link("d/up", "..");
    link("d/e/top", folder.toString());
    link("again.png", "a.png");
    link("broken.png", "nowhere.png");
    Path elsewhere =
        Files.createDirectories(folder.resolve("../elsewhere-" + folder.getFileName()));
    Files.write(elsewhere.resolve("c.png"), CONTENT);
    link("other", elsewhere.toString());
    Files.createDirectories(folder.resolve(".hidden"));

    List<Entry> entries = FolderWalk.below(files.at(folder + "/"), name -> name.startsWith("."));

    assertThat(entries.stream().filter(entry -> entry.leftOut().isEmpty()))
        .extracting(Entry::path)
        .containsExactly("a.png", "d/e/b.png", "other/c.png");
    assertThat(entries.stream().filter(entry -> entry.leftOut().isPresent()))
        .extracting(Entry::path)
        .containsExactly(".hidden", "again.png", "broken.png", "d/e/top", "d/up", "self");
  }

  @Test
  void placesThatMeetAreFoundHoweverTheyAreWritten() throws Exception {
    link("l", "d");
    List<InputFile> inputs = List.of(files.at("file://" + folder + "/x/../d"));
    for (String target :
        List.of(folder + "/d", "file:" + folder + "/l/", folder + "/l/e/new", folder + "/", "/")) {
      assertThatThrownBy(() -> files.requireApart(target, inputs))
          .as(target)
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.OVERLAPS));
    }
    assertThatCode(() -> files.requireApart(folder + "/dd", inputs)).doesNotThrowAnyException();
  }

  @Test
  void aMissingFileIsSaidToBeMissing() {
    assertThatThrownBy(() -> InputFiles.open(folder + "/none", new Configuration()))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining("none");
    assertThatThrownBy(() -> files.at("a\ufffd.png")).hasMessageContaining("LC_ALL=C.UTF-8");
    assertThatThrownBy(() -> files.at("s3a:bucket/x")).hasMessageContaining("slash");
  }

  @Test
  void failuresAreToldInWords() {
    assertThatThrownBy(() -> InputFiles.open(folder + "/no ne", new Configuration()))
        .hasMessage("Cannot read " + folder + "/no ne: no such file. Check the path");
    assertThat(StorageFailure.text(new UnknownHostException("nowhere"), "hdfs://nowhere/a"))
        .isEqualTo("unknown host: nowhere");
    assertThat(StorageFailure.text(new FileNotFoundException("File a b does not exist"), "a b"))
        .isEqualTo("File a b does not exist");
    assertThat(StorageFailure.text(new RuntimeException(new IOException("No room here.")), "a"))
        .isEqualTo("No room here");
    assertThat(StorageFailure.text(new SocketTimeoutException(), "a")).isEqualTo("socket timeout");
  }

  @Test
  void anAtSignInANameIsNoPassword() throws Exception {
    try (InputStream in = InputFiles.open("file://" + folder + "/a.png", new Configuration())) {
      assertThat(in.read()).isEqualTo(7);
    }
    assertThat(WorkspaceUri.redact("s3a://bucket/x@2x.png")).isEqualTo("s3a://bucket/x@2x.png");
    assertThat(WorkspaceUri.redact("hdfs://n:8020/x@2x")).isEqualTo("hdfs://n:8020/x@2x");
    assertThat(WorkspaceUri.redact("hdfs://me@n:8020/x")).isEqualTo("hdfs://(hidden)@n:8020/x");
  }

  private void link(String name, String target) throws IOException {
    Files.createSymbolicLink(folder.resolve(name), Path.of(target));
  }
}
