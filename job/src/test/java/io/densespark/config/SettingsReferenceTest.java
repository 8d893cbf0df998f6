package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsReferenceTest {

  @Test
  void thePageInDocsSaysWhatTheRecordsDeclare() throws IOException {
    assertThat(Files.readString(Path.of("../docs/settings.md")))
        .as("stale: scripts/densespark settings --markdown > docs/settings.md")
        .isEqualTo(SettingsReference.markdown());
  }
}
