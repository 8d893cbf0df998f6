package io.densespark.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.hadoop.fs.s3a.encryption.key",
        "spark.hadoop.fs.azure.account.key.store.dfs.core.windows.net",
        "spark.hadoop.fs.azure.sas.container.store.blob.core.windows.net",
        "spark.hadoop.fs.azure.account.oauth2.client.secret",
        "spark.hadoop.fs.gs.auth.service.account.private.key",
        "spark.hadoop.my.api-key",
        "spark.hadoop.my.apikey",
        "spark.hadoop.my.apiKey",
        "spark.hadoop.my.passwd",
        "spark.hadoop.my.pwd",
        "spark.hadoop.my.passphrase",
        "spark.ssl.keyPassword",
        "spark.authenticate.secret",
        "spark.executorEnv.AWS_ACCESS_KEY_ID",
        "spark.executorEnv.DB_PWD"
      })
  void namesOfSecretsAreKnown(String name) {
    assertThat(Secrets.isSecret(name)).isTrue();
    assertThat(Secrets.shown(name, "hush")).doesNotContain("hush");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.executor.memory",
        "spark.hadoop.fs.s3a.endpoint",
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "spark.hadoop.hadoop.security.credential.provider.path",
        "spark.ssl.keyStore",
        "spark.sql.shuffle.partitions",
        "spark.authenticate",
        "model.stem.kernel"
      })
  void othersAreNot(String name) {
    assertThat(Secrets.isSecret(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Xmx1g -Dpassword=hush -Dx=y",
        "-Djavax.net.ssl.trustStorePassword='hush hush'",
        "--db-passwd: hush",
        "https://me:hush@repo/x.jar",
        "https://hush@repo/x.jar",
        "s3a://me:hu/sh@bucket/a",
        "wasbs://c@store.blob.core.windows.net/a?sv=2020&sig=hush%2F",
        "https://bucket.s3.amazonaws.com/a?X-Amz-Signature=hush&x=1",
        "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nhush\\n\"}",
        "{\"private_key_id\":\"hush\"}",
        "{\"a.password\": {\"b\": \"hush\"}}",
        "tokens=[a, \"hush\"]",
        "-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----",
        "curl -H 'Authorization: Bearer hush'",
        "curl -H 'Authorization: Basic hushhushhush=='",
        "org.apache.kafka.x.PlainLoginModule required username=\"me\" password=\"hush\";",
        "AccountKey=hush;EndpointSuffix=core.windows.net"
      })
  void secretsInsideLongerTextsAreTakenOut(String text) {
    assertThat(Secrets.holdsSecret(text)).isTrue();
    assertThat(Secrets.redact(text)).doesNotContain("hush").contains(Secrets.HIDDEN);
    assertThat(Secrets.redact(Secrets.redact(text))).isEqualTo(Secrets.redact(text));
  }

  @Test
  void longTextsTakeNoTime() {
    String text = "a".repeat(1_000_000) + "://" + "b".repeat(1_000_000);

    assertTimeoutPreemptively(Duration.ofMinutes(1), () -> Secrets.redact(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/data/fashion",
        "hdfs://name:8020/runs/a@b",
        "abfss://container@store.dfs.core.windows.net/runs",
        "local[*]",
        "spark://one:7077,two:7077",
        "-Xmx1g -Dx=y",
        "curl -H \"Authorization: Bearer $TOKEN\" -d @-",
        "PASSWORD=$(cat /run/secret) mail -s done",
        "mail -s 'the basic run is done' me@example.org"
      })
  void plainTextsStayAsTheyAre(String text) {
    assertThat(Secrets.redact(text)).isEqualTo(text);
  }
}
