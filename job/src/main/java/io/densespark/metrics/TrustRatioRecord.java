package io.densespark.metrics;

import java.util.Map;

/**
 * What LARS or LAMB scaled the last update of an epoch by.
 *
 * @param epoch from 1
 * @param step global steps done after it
 * @param ratios by layer and parameter, in the order of the net; weights alone have one
 */
public record TrustRatioRecord(int epoch, long step, Map<String, Double> ratios) {}
