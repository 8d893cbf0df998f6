package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.util.VersionInfo;
import org.junit.jupiter.api.Test;

/** What every store promises, and what is special to S3; run against each server. */
abstract class S3Contract extends StoreContract {

  /** What a client of the server needs to be told. */
  protected abstract Configuration settings() throws Exception;

  /** Whether the server knows {@code If-None-Match} in uploads. */
  protected boolean hasConditionalWrites() {
    return false;
  }

  /** Servers for tests look for the object and store it in two steps. */
  @Override
  protected final boolean refusesAtomically() {
    return false;
  }

  @Test
  void whatAppearsDuringAnUploadIsKeptWhereServerAndClientCanTell() throws Exception {
    // A check before the upload is all that S3A 3.3 offers.
    boolean isKept = hasConditionalWrites() && !VersionInfo.getVersion().startsWith("3.3.");
    try (Store store = freshStore()) {
      Content late =
          out -> {
            store.publish("lock", Content.of(new byte[] {1}));
            out.write(2);
          };
      if (isKept) {
        assertThatThrownBy(() -> store.publish("lock", late))
            .isInstanceOfSatisfying(
                StorageException.class,
                e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.EXISTS));
      } else {
        store.publish("lock", late);
      }
      assertThat(store.read("lock")).containsExactly(isKept ? 1 : 2);
    }
  }

  @Test
  void uploadInPartsIsReadBackAsWritten() throws Exception {
    byte[] content = new byte[12_000_000];
    new Random(2).nextBytes(content);
    try (Store store = freshStore()) {
      store.publish("large", Content.of(content));
      assertThat(store.read("large")).isEqualTo(content);
    }
  }

  @Test
  void uploadInPartsThatBreaksOffLeavesNothing() throws Exception {
    try (Store store = freshStore()) {
      assertThatThrownBy(
              () ->
                  store.publish(
                      "large",
                      out -> {
                        out.write(new byte[12_000_000]);
                        throw new IOException("broken off");
                      }))
          .isInstanceOf(StorageException.class);
      assertThat(store.exists("large")).isFalse();
    }
  }

  @Test
  void outputAndInputMayHaveColonsAndBlanksInTheirNames() throws Exception {
    String place = StoreServices.freshS3Uri() + "/team a: b/50% x+y";
    try (Store store = Store.open(place, settings())) {
      store.checkWritable();
      store.publish("runs/a/status.json", Content.of(new byte[] {1}));
      store.replace("runs/a/status.json", Content.of(new byte[] {2}));
      assertThat(store.read("runs/a/status.json")).containsExactly(2);
      assertThat(store.list("runs/a")).extracting(StoreEntry::name).containsExactly("status.json");
      assertThat(store.uri()).isEqualTo(place);
    }
    Path folder = new Path(place + "/cat: dog");
    List<String> names = List.of("a b.png", "c:d.png", "e: f+%20.png");
    try (FileSystem files = FileSystem.newInstance(folder.toUri(), settings())) {
      for (String name : names) {
        try (OutputStream out = files.create(new Path(folder + "/" + name))) {
          out.write(name.length());
        }
      }
    }
    try (InputFiles files = new InputFiles(settings())) {
      List<InputFile> children = files.at(folder.toString()).children();
      assertThat(children).extracting(InputFile::name).containsExactlyElementsOf(names);
      for (InputFile child : children) {
        try (InputStream in = files.reopen(child.key()).open()) {
          assertThat(in.readAllBytes()).containsExactly(child.name().length());
        }
      }
    }
  }

  @Test
  void fileIsReadFromAnyByte() throws Exception {
    byte[] content = new byte[300_000];
    new Random(3).nextBytes(content);
    try (Store store = freshStore();
        InputFiles files = new InputFiles(settings())) {
      store.publish("long", Content.of(content));
      try (InputStream in = files.at(store.uri("long")).open(200_001)) {
        assertThat(in.readAllBytes())
            .isEqualTo(java.util.Arrays.copyOfRange(content, 200_001, content.length));
      }
    }
  }
}
