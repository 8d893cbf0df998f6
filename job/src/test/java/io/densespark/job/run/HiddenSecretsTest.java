package io.densespark.job.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.config.RunConfig;
import io.densespark.job.ExitCode;
import io.densespark.job.Inputs;
import io.densespark.job.SmallJobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.alias.CredentialProvider;
import org.apache.hadoop.security.alias.CredentialProviderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials that a run is given reach what needs them, and no file or screen. */
class HiddenSecretsTest {

  private static final String KEY = "fs.s3a.secret.key";

  @TempDir Path folder;

  @Test
  void noFileOfARunAndNoEventOfSparksHoldsASecret() throws Exception {
    SmallJobs runs = new SmallJobs(folder.resolve("workspace"));
    Path events = Files.createDirectories(folder.resolve("events"));
    RunConfig config =
        runs.config(
            "kept",
            "train.epochs=1",
            "data.train-limit=64",
            "data.test-limit=20",
            "spark.conf.\"spark.hadoop." + KEY + "\"=hush-by-name",
            "spark.conf.\"spark.executorEnv.DB_PASSWORD\"=hush-in-environment",
            "spark.conf.\"spark.driver.extraJavaOptions\"=-Dstore.password=hush-in-option",
            "spark.conf.\"spark.eventLog.enabled\"=true",
            "spark.conf.\"spark.eventLog.dir\"=" + events.toUri());

    assertThat(new TrainJob(config, runs.display()).run()).isEqualTo(ExitCode.SUCCESS);

    assertThat(Inputs.hadoop(config).get(KEY)).isEqualTo("hush-by-name");
    assertThat(runs.allShown()).doesNotContain("hush");
    List<Path> files = new ArrayList<>(files(runs.workspace()));
    List<Path> logs = files(events);
    assertThat(logs).isNotEmpty();
    files.addAll(logs);
    for (Path file : files) {
      // Byte by byte, as some are no text.
      assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
          .as(file.toString())
          .doesNotContain("hush");
    }
  }

  /** Hadoop's own way to keep them out of settings altogether. */
  @Test
  void aKeyStoreOfHadoopsGivesWhatNoSettingHolds() throws IOException {
    String store = "jceks://file" + folder.resolve("keys.jceks");
    Configuration hadoop = new Configuration(false);
    hadoop.set(CredentialProviderFactory.CREDENTIAL_PROVIDER_PATH, store);
    CredentialProvider provider = CredentialProviderFactory.getProviders(hadoop).get(0);
    provider.createCredentialEntry(KEY, "hush".toCharArray());
    provider.flush();

    RunConfig config =
        new SmallJobs(folder)
            .config(
                "named",
                "spark.conf.\"spark.hadoop.hadoop.security.credential.provider.path\"=" + store);

    assertThat(config.settings().toJson()).contains(store).doesNotContain("hush");
    assertThat(Inputs.hadoop(config).getPassword(KEY)).isEqualTo("hush".toCharArray());
  }

  private static List<Path> files(Path below) throws IOException {
    try (Stream<Path> all = Files.walk(below)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
