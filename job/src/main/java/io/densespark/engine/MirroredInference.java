package io.densespark.engine;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.custom.Reverse;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Inference by each image and its mirror image: the mean of the two distributions. Costs two calls
 * of the plan.
 */
public final class MirroredInference {

  private MirroredInference() {}

  /** As {@link Plan#infer}, of both images. */
  public static void infer(
      Plan plan, INDArray parameters, INDArray features, INDArray probabilities) {
    INDArray ofMirrored = Nd4j.createUninitialized(probabilities.dataType(), probabilities.shape());
    plan.infer(parameters, features, probabilities);
    plan.infer(parameters, mirrored(features), ofMirrored);
    probabilities.addi(ofMirrored).divi(2);
  }

  /** Copies of images [n, channels, height, width] with their columns reversed. */
  static INDArray mirrored(INDArray images) {
    return Nd4j.exec(new Reverse(images.dup('c'), 3))[0];
  }
}
