package io.densespark.bench.bigdl;

import com.intel.analytics.bigdl.mkl.MklDnn;
import com.intel.analytics.bigdl.nn.CrossEntropyCriterion;
import com.intel.analytics.bigdl.nn.abstractnn.DataFormat;
import com.intel.analytics.bigdl.nn.mkldnn.DnnGraph;
import com.intel.analytics.bigdl.nn.mkldnn.Phase;
import com.intel.analytics.bigdl.optim.SGD;
import com.intel.analytics.bigdl.tensor.Tensor;
import com.intel.analytics.bigdl.tensor.TensorNumericMath.TensorNumeric;
import com.intel.analytics.bigdl.utils.Engine;
import io.densespark.bench.Net;
import io.densespark.bench.Peer;
import io.densespark.bench.Round;
import scala.Tuple2;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction1;

/**
 * BigDL's MKL-DNN graph with its own criterion and optimizer, called directly: what its optimizer
 * on Spark does for each batch, without Spark.
 *
 * <p>Its types are Scala's, whose generics javac sees only in part: hence the raw types.
 */
@SuppressWarnings({"rawtypes", "unchecked"})
public final class BigDl implements Peer {

  private final Net net;
  private final int batch;
  private final ClassTag tag = scala.reflect.ClassTag$.MODULE$.Float();
  private final TensorNumeric numeric =
      scalaObject(
          TensorNumeric.class,
          "com.intel.analytics.bigdl.tensor.TensorNumericMath$TensorNumeric$NumericFloat$");
  private final Tensor images;
  private final Tensor labels;
  private final DnnGraph training;
  private final CrossEntropyCriterion criterion;
  private final SGD optimizer;
  private final Tensor parameters;
  private final Tensor gradients;
  private DnnGraph inference;

  private BigDl(Round round, Net net) {
    this.net = net;
    batch = round.batch();
    Engine.init();
    // OpenMP's count belongs to the calling thread, on which all of this runs.
    MklDnn.setNumThreads(round.threads());
    int[] shape = {batch, net.channels(), net.height(), net.width()};
    images = tensor(net.images(batch), shape);
    labels = tensor(classes(), new int[] {batch});
    training = new BigDlGraph(batch, net).build();
    // Before compiling, which keeps the addresses of the parameters it finds.
    Tuple2<Tensor, Tensor> flat = (Tuple2) training.getParameters();
    parameters = flat._1();
    gradients = flat._2();
    training.training();
    training.compile(phase("TrainingPhase$"));
    criterion = new CrossEntropyCriterion(null, true, tag, numeric);
    optimizer =
        new SGD(
            Net.LEARNING_RATE,
            0,
            0,
            Net.MOMENTUM,
            0,
            true,
            new SGD.Default(),
            null,
            null,
            tag,
            numeric);
  }

  /** Runs one round. */
  public static void main(String[] arguments) {
    Round.run(arguments, BigDl::new);
  }

  private static Phase phase(String name) {
    return scalaObject(Phase.class, "com.intel.analytics.bigdl.nn.mkldnn.Phase$" + name);
  }

  /** BigDL counts classes from 1. */
  private float[] classes() {
    int[] labels = net.labels(batch);
    float[] classes = new float[batch];
    for (int i = 0; i < batch; i++) {
      classes[i] = labels[i] + 1;
    }
    return classes;
  }

  private Tensor tensor(float[] values, int[] shape) {
    return com.intel.analytics.bigdl.tensor.Tensor$.MODULE$.apply(
        (Object) values, shape, tag, numeric);
  }

  /** A Scala object whose nesting javac cannot name. */
  static <T> T scalaObject(Class<T> type, String name) {
    try {
      return type.cast(Class.forName(name).getField("MODULE$").get(null));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this BigDL has no " + name, e);
    }
  }

  /** The layout of images in every layer's settings. */
  static DataFormat nchw() {
    return scalaObject(
        DataFormat.class, "com.intel.analytics.bigdl.nn.abstractnn.DataFormat$NCHW$");
  }

  @Override
  public int imagesPerCall() {
    return batch;
  }

  @Override
  public double train() {
    training.zeroGradParameters();
    Tensor output = (Tensor) training.forward(images);
    Object loss = criterion.forward(output, labels);
    training.backward(images, (Tensor) criterion.backward(output, labels));
    optimizer.optimize(
        new AbstractFunction1<Tensor, Tuple2>() {
          @Override
          public Tuple2 apply(Tensor ignored) {
            return new Tuple2(loss, gradients);
          }
        },
        parameters);
    return ((Number) loss).doubleValue();
  }

  /** Parameters are initial ones: the time does not depend on them. */
  @Override
  public void infer() {
    if (inference == null) {
      inference = new BigDlGraph(batch, net).build();
      inference.evaluate();
      inference.compile(phase("InferencePhase$"));
    }
    inference.forward(images);
  }
}
