import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * A real resource manager and node manager, which ends containers that take more memory than they asked for, beside an
 * HDFS of one data node; all on the loopback address, run from source. Prints {@code READY <directory>}, which holds the
 * clients' configuration, and ends when its standard input does.
 *
 * <p>Arguments: a directory for its data, memory for containers in MB.
 */
public final class YarnServer {
  public static void main(String[] arguments) throws Exception {
    if (!InetAddress.getLocalHost().isLoopbackAddress()) {
      throw new IllegalStateException(
          "YARN listens at the address of this host's name, and anybody who reaches it may run commands: name the host"
              + " beside localhost in /etc/hosts");
    }
    File directory = new File(arguments[0]).getAbsoluteFile();
    System.setProperty("test.build.data", new File(directory, "yarn").getPath());
    Configuration hdfs = new Configuration();
    hdfs.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, new File(directory, "hdfs").getPath());
    MiniDFSCluster files = new MiniDFSCluster.Builder(hdfs).numDataNodes(1).build();
    files.waitActive();

    YarnConfiguration yarn = new YarnConfiguration();
    yarn.set("fs.defaultFS", files.getURI().toString());
    yarn.setInt("yarn.minicluster.yarn.nodemanager.resource.memory-mb", Integer.parseInt(arguments[1]));
    yarn.setInt(YarnConfiguration.NM_VCORES, 8);
    yarn.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 256);
    yarn.setBoolean("yarn.minicluster.control-resource-monitoring", true);
    yarn.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, true);
    yarn.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    yarn.setInt(YarnConfiguration.NM_CONTAINER_MON_INTERVAL_MS, 500);
    yarn.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
    String queue = "yarn.scheduler.capacity.root.";
    yarn.set(queue + "queues", "default");
    yarn.set(queue + "default.capacity", "100");
    yarn.set(queue + "default.maximum-capacity", "100");
    yarn.set(queue + "default.state", "RUNNING");
    yarn.set(queue + "default.acl_submit_applications", "*");
    yarn.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1.0");
    yarn.setInt("yarn.scheduler.capacity.node-locality-delay", -1);
    MiniYARNCluster cluster = new MiniYARNCluster("c", 1, 1, 1);
    cluster.init(yarn);
    cluster.start();
    if (!cluster.waitForNodeManagersToConnect(60_000)) {
      throw new IllegalStateException("the node manager did not connect");
    }
    while (cluster.getConfig().get(YarnConfiguration.RM_ADDRESS).endsWith(":0")) {
      Thread.sleep(50);
    }
    File clients = new File(directory, "conf");
    clients.mkdirs();
    try (OutputStream out = new FileOutputStream(new File(clients, "yarn-site.xml"))) {
      cluster.getConfig().writeXml(out);
    }
    Configuration core = new Configuration(false);
    core.set("fs.defaultFS", files.getURI().toString());
    try (OutputStream out = new FileOutputStream(new File(clients, "core-site.xml"))) {
      core.writeXml(out);
    }
    System.out.println("READY " + clients);
    while (System.in.read() >= 0) {
      // Until the parent process closes the pipe, or is gone.
    }
    // Its containers too, which are processes of their own.
    cluster.stop();
    Runtime.getRuntime().halt(0);
  }
}
