package io.densespark.model;

import java.util.List;

/**
 * Changes single numbers of a {@link DenseNetSpec}. The setters mean what the record's components
 * of the same names mean; what they are given is checked by {@link #build()}.
 */
public final class DenseNetSpecBuilder {

  private String name;
  private int classes;
  private DenseNetSpec.Stem stem;
  private int growthRate;
  private List<Integer> blockLayers;
  private int bottleneckFactor;
  private double compression;
  private double dropout;
  private boolean convolutionBias;
  private double batchNormDecay;
  private double batchNormEpsilon;
  private DenseNetSpec.Initialisation initialisation;

  DenseNetSpecBuilder(DenseNetSpec spec) {
    name = spec.name();
    classes = spec.classes();
    stem = spec.stem();
    growthRate = spec.growthRate();
    blockLayers = spec.blockLayers();
    bottleneckFactor = spec.bottleneckFactor();
    compression = spec.compression();
    dropout = spec.dropout();
    convolutionBias = spec.convolutionBias();
    batchNormDecay = spec.batchNormDecay();
    batchNormEpsilon = spec.batchNormEpsilon();
    initialisation = spec.initialisation();
  }

  public DenseNetSpecBuilder name(String name) {
    this.name = name;
    return this;
  }

  public DenseNetSpecBuilder classes(int classes) {
    this.classes = classes;
    return this;
  }

  public DenseNetSpecBuilder stem(DenseNetSpec.Stem stem) {
    this.stem = stem;
    return this;
  }

  public DenseNetSpecBuilder growthRate(int growthRate) {
    this.growthRate = growthRate;
    return this;
  }

  public DenseNetSpecBuilder blockLayers(List<Integer> blockLayers) {
    this.blockLayers = blockLayers;
    return this;
  }

  public DenseNetSpecBuilder bottleneckFactor(int bottleneckFactor) {
    this.bottleneckFactor = bottleneckFactor;
    return this;
  }

  public DenseNetSpecBuilder compression(double compression) {
    this.compression = compression;
    return this;
  }

  public DenseNetSpecBuilder dropout(double dropout) {
    this.dropout = dropout;
    return this;
  }

  public DenseNetSpecBuilder convolutionBias(boolean convolutionBias) {
    this.convolutionBias = convolutionBias;
    return this;
  }

  public DenseNetSpecBuilder batchNormDecay(double batchNormDecay) {
    this.batchNormDecay = batchNormDecay;
    return this;
  }

  public DenseNetSpecBuilder batchNormEpsilon(double batchNormEpsilon) {
    this.batchNormEpsilon = batchNormEpsilon;
    return this;
  }

  public DenseNetSpecBuilder initialisation(DenseNetSpec.Initialisation initialisation) {
    this.initialisation = initialisation;
    return this;
  }

  /**
   * The changed spec.
   *
   * @throws IllegalArgumentException when a number makes no net
   */
  public DenseNetSpec build() {
    return new DenseNetSpec(
        name,
        classes,
        stem,
        growthRate,
        blockLayers,
        bottleneckFactor,
        compression,
        dropout,
        convolutionBias,
        batchNormDecay,
        batchNormEpsilon,
        initialisation);
  }
}
