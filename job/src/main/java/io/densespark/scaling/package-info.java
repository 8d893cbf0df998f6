/**
 * What experiments with many replicas need beside training itself: {@link
 * io.densespark.scaling.StepTimeModel} predicts the time of a step on clusters larger than those at
 * hand.
 *
 * <p>May depend on {@code sync}.
 */
package io.densespark.scaling;
