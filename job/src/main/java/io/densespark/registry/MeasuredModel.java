package io.densespark.registry;

import io.densespark.evaluation.EvaluationResult;
import java.util.BitSet;
import java.util.Optional;

/**
 * What a gate has to know of a model.
 *
 * @param version its number
 * @param metrics on the test images
 * @param correct for each test image, in an order that is the same for every model, whether it was
 *     told right
 * @param badParameter the first parameter that is not finite; empty: all are
 * @param modelBytes length of the zip
 * @param latencyMillis median for one image on one thread; NaN where it was not measured
 * @param dataMismatch how the data of its training differs from the files that are there now; empty
 *     text: not at all; empty: not known
 * @param testSetSha256 of the test images and labels that it was registered with
 */
public record MeasuredModel(
    int version,
    EvaluationResult metrics,
    BitSet correct,
    Optional<String> badParameter,
    long modelBytes,
    double latencyMillis,
    Optional<String> dataMismatch,
    String testSetSha256) {}
