package io.densespark.train;

import java.io.Serializable;

/**
 * What one step cost on rank 0 and what it gave over all ranks.
 *
 * @param step global steps done after it, from 1
 * @param epoch epoch it belongs to, from 1
 * @param examples examples of the step over all ranks
 * @param loss mean over those examples, without regularisation
 * @param learningRate rate of the update
 * @param dataNanos making the batch
 * @param computeNanos gradient and update
 * @param communicationNanos moving values between replicas, and whatever else the step took
 * @param waitNanos waiting for slower replicas or for the network
 * @param bytesSent bytes that this replica sent
 * @param noise what the gradients of the ranks tell of the noise in their sum
 */
public record StepMetrics(
    int step,
    int epoch,
    int examples,
    double loss,
    double learningRate,
    long dataNanos,
    long computeNanos,
    long communicationNanos,
    long waitNanos,
    long bytesSent,
    GradientNoise noise)
    implements Serializable {

  /** Wall time of the step. */
  public long totalNanos() {
    return dataNanos + computeNanos + communicationNanos + waitNanos;
  }
}
