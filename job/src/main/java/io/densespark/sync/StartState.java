package io.densespark.sync;

import io.densespark.sync.collective.ThresholdState;
import io.densespark.train.ModelState;
import java.io.Serializable;
import java.util.List;

/**
 * What an epoch starts from.
 *
 * @param model the model, the same on every rank
 * @param residuals by rank, what the threshold format has not sent yet; empty before the first
 *     epoch and for formats that send everything
 */
record StartState(ModelState model, List<ThresholdState> residuals) implements Serializable {}
