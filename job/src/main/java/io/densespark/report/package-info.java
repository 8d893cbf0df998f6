/**
 * A run, or a grid of runs, as one page of HTML that needs nothing but itself.
 *
 * <p>Read in this order: {@link io.densespark.report.Report} (from a run's files to the page),
 * {@code Page} (all that the template shows), {@code LineChart} with its {@code Scale}s (curves as
 * SVG), {@code ClassTables} (confusion, precision and recall); {@code report.mustache} is the page.
 * {@link io.densespark.report.ScaleReport} with {@code ScalePage} and {@code scale.mustache} is the
 * same of a grid; {@code Template} makes both. The template language escapes every text.
 *
 * <p>May depend on {@code metrics}, {@code scaling} and {@code storage}. The only package that
 * knows the template library.
 */
package io.densespark.report;
