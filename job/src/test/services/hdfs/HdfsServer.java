import java.io.File;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A real name node and one data node on free ports of the loopback address, run from source. Prints {@code READY
 * <uri>} and ends when its standard input does.
 *
 * <p>Argument: a directory for its data.
 */
public final class HdfsServer {
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, new File(arguments[0]).getAbsolutePath());
    configuration.setBoolean("dfs.permissions.enabled", true);
    MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    cluster.waitActive();
    System.out.println("READY " + cluster.getURI());
    while (System.in.read() >= 0) {
      // Until the parent process closes the pipe, or is gone.
    }
    Runtime.getRuntime().halt(0);
  }
}
