import com.adobe.testing.s3mock.S3MockApplication;
import java.util.HashMap;
import java.util.Map;

/**
 * Adobe's S3 protocol over files of its own, on a free port of the loopback address, run from source. Prints {@code READY
 * <uri>} and ends when its standard input does. It checks no credentials.
 *
 * <p>Argument: name of a bucket to make.
 */
public final class S3MockServer {
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "server.address", "127.0.0.1",
            S3MockApplication.PROP_HTTPS_PORT, S3MockApplication.RANDOM_PORT,
            S3MockApplication.PROP_HTTP_PORT, S3MockApplication.RANDOM_PORT,
            S3MockApplication.PROP_INITIAL_BUCKETS, arguments[0],
            S3MockApplication.PROP_SILENT, true);
    S3MockApplication server = S3MockApplication.start(new HashMap<>(settings));
    System.out.println("READY http://127.0.0.1:" + server.getHttpPort());
    while (System.in.read() >= 0) {
      // Until the parent process closes the pipe, or is gone.
    }
    server.stop();
    Runtime.getRuntime().halt(0);
  }
}
