package io.densespark.storage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;

/** Real HDFS and a real S3 protocol for tests, each started once a JVM and ended with it. */
public final class StoreServices {

  /** Marks that must never turn up in a message or file. */
  static final String S3_ACCESS_KEY = "TESTACCESSKEY0001";

  static final String S3_SECRET_KEY = "testSecretKey/that+never=shows";
  private static final String BUCKET = "densespark";

  private static ServiceProcess hdfs;
  private static ServiceProcess s3;
  private static ServiceProcess s3Mock;

  private StoreServices() {}

  /** A workspace on HDFS that nobody has used. */
  public static synchronized Store freshHdfsStore() throws Exception {
    if (hdfs == null) {
      hdfs = startHdfs();
    }
    return Store.open(hdfs.uri() + "/" + UUID.randomUUID(), new Configuration());
  }

  /** A workspace on S3 that nobody has used. */
  public static Store freshS3Store() throws Exception {
    return s3Store(s3());
  }

  /** A proxy before the S3 server that passes everything on at first. */
  public static S3FaultProxy s3FaultProxy() throws Exception {
    return new S3FaultProxy(s3().uri());
  }

  /** What a client of a proxy needs to be told. */
  public static Configuration s3Settings(S3FaultProxy proxy) {
    return s3Settings(proxy.uri());
  }

  /** The URI of a workspace on S3 that nobody has used. */
  public static String freshS3Uri() {
    return "s3a://" + BUCKET + "/" + UUID.randomUUID();
  }

  private static synchronized ServiceProcess s3() throws Exception {
    if (s3 == null) {
      s3 = startS3();
    }
    return s3;
  }

  /** Puts the settings of the S3 that {@link #freshS3Store} uses into others. */
  public static synchronized void configureS3(Configuration settings) {
    s3Settings(s3.uri())
        .iterator()
        .forEachRemaining(
            entry -> {
              if (entry.getKey().startsWith("fs.s3a.")) {
                settings.set(entry.getKey(), entry.getValue());
              }
            });
  }

  static ServiceProcess startHdfs() throws Exception {
    Path data = Files.createTempDirectory("hdfs");
    return ServiceProcess.start("hdfs", "HdfsServer.java", data.toString());
  }

  /**
   * A YARN beside an HDFS of its own, in processes of their own.
   *
   * @param directory for what they keep
   * @param megabytes for containers
   */
  public static ServiceProcess startYarn(Path directory, int megabytes) throws Exception {
    return ServiceProcess.start(
        "hdfs",
        "YarnServer.java",
        directory.toAbsolutePath().toString(),
        Integer.toString(megabytes));
  }

  static ServiceProcess startS3() throws Exception {
    return ServiceProcess.start("s3", "S3Server.java", S3_ACCESS_KEY, S3_SECRET_KEY, BUCKET);
  }

  static Store s3Store(ServiceProcess service) {
    return Store.open(freshS3Uri(), s3Settings(service.uri()));
  }

  /** What a client of the S3 server that all tests share needs to be told. */
  static Configuration s3Settings() throws Exception {
    return s3Settings(s3().uri());
  }

  /** The same of a server of another make. */
  static synchronized Configuration s3MockSettings() throws Exception {
    if (s3Mock == null) {
      s3Mock = ServiceProcess.start("s3mock", "S3MockServer.java", BUCKET);
    }
    Configuration settings = s3Settings(s3Mock.uri());
    // The first SDK names versions without the quotes that this server wants.
    settings.set("fs.s3a.change.detection.mode", "client");
    return settings;
  }

  static Configuration s3Settings(String endpoint) {
    Configuration settings = new Configuration();
    settings.set("fs.s3a.endpoint", endpoint);
    settings.set("fs.s3a.endpoint.region", "us-east-1");
    settings.setBoolean("fs.s3a.path.style.access", true);
    settings.setBoolean("fs.s3a.connection.ssl.enabled", false);
    settings.set("fs.s3a.access.key", S3_ACCESS_KEY);
    settings.set("fs.s3a.secret.key", S3_SECRET_KEY);
    // The smallest part size there is, so that a file of a few megabytes is uploaded in parts.
    settings.set("fs.s3a.multipart.size", "5M");
    settings.set("hadoop.tmp.dir", System.getProperty("java.io.tmpdir"));
    return settings;
  }
}
