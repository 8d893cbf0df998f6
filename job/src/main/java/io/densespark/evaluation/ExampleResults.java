package io.densespark.evaluation;

import java.util.BitSet;
import java.util.List;

/**
 * Quality of a model over a labelled data set, and which examples it told right. Examples are
 * numbered by partition and place in it, so that results over the same RDD can be compared one by
 * one.
 *
 * @param result every measure
 * @param correct for each example whether it was told right; a prediction that is not finite is not
 * @param mistakes those that the model was surest of, at most 24, most confident first
 */
public record ExampleResults(EvaluationResult result, BitSet correct, List<Mistake> mistakes) {}
