import java.net.URI;
import java.util.Properties;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;

/**
 * The S3 protocol over objects in memory, on a free port of the loopback address, run from source. Prints {@code READY
 * <uri>} and ends when its standard input does.
 *
 * <p>Arguments: access key, secret key, name of a bucket to make.
 */
public final class S3Server {
  public static void main(String[] arguments) throws Exception {
    BlobStore objects =
        ContextBuilder.newBuilder("transient")
            .credentials(arguments[0], arguments[1])
            .overrides(new Properties())
            .build(BlobStoreContext.class)
            .getBlobStore();
    objects.createContainerInLocation(null, arguments[2]);
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(objects)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, arguments[0], arguments[1])
            .build();
    server.start();
    while (!server.getState().equals("STARTED")) {
      Thread.sleep(10);
    }
    System.out.println("READY http://127.0.0.1:" + server.getPort());
    while (System.in.read() >= 0) {
      // Until the parent process closes the pipe, or is gone.
    }
    Runtime.getRuntime().halt(0);
  }
}
