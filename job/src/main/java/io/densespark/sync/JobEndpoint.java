package io.densespark.sync;

import io.densespark.sync.collective.RunSecret;
import java.util.function.Consumer;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.RpcEndpoint;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/**
 * What the executors of a job reach on the driver: an endpoint of Spark's own RPC, so that no
 * further port is opened and Spark's authentication and encryption hold for it. It lives as long as
 * the job.
 *
 * <p>Messages are byte arrays: an executor's RPC cannot load the job's classes.
 */
abstract class JobEndpoint implements RpcEndpoint, AutoCloseable {

  final RunSecret secret;
  final String job;

  private final RpcEnv rpc = SparkEnv.get().rpcEnv();
  private RpcEndpointRef reference;

  JobEndpoint(RunSecret secret, String job) {
    this.secret = secret;
    this.job = job;
  }

  /** Opens the endpoint; to be called once, after construction. */
  final void openAs(String name) {
    reference = rpc.setupEndpoint(name, this);
  }

  /** A name for an endpoint of a job. */
  static String nameOf(String kind, String job) {
    return "densespark-" + kind + "-" + job.replace('/', '-');
  }

  /**
   * A message has come.
   *
   * @param context takes the answer; null where none is wanted
   */
  abstract void hear(byte[] sealed, RpcCallContext context);

  /** Answers a message that has no valid tag. */
  static void refuse(RpcCallContext context) {
    if (context != null) {
      context.sendFailure(new SecurityException("this is not a message of this run"));
    }
  }

  @Override
  public final RpcEnv rpcEnv() {
    return rpc;
  }

  @Override
  public final PartialFunction<Object, BoxedUnit> receive() {
    return onBytes(bytes -> hear(bytes, null));
  }

  @Override
  public final PartialFunction<Object, BoxedUnit> receiveAndReply(RpcCallContext context) {
    return onBytes(bytes -> hear(bytes, context));
  }

  private static PartialFunction<Object, BoxedUnit> onBytes(Consumer<byte[]> receiver) {
    return new AbstractPartialFunction<>() {
      @Override
      public boolean isDefinedAt(Object message) {
        return message instanceof byte[];
      }

      @Override
      public BoxedUnit apply(Object message) {
        receiver.accept((byte[]) message);
        return BoxedUnit.UNIT;
      }
    };
  }

  @Override
  public void close() {
    rpc.stop(reference);
  }
}
