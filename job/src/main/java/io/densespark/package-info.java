/**
 * A Spark job that trains DenseNets: DL4J models, executed by compiled oneDNN plans, one replica on
 * each core.
 *
 * <p>The data flow, package by package: {@code cli} reads arguments, {@code config} turns them into
 * valid records, {@code job} puts a run together. {@code data} makes shards of images, {@code
 * model} a DL4J graph, {@code engine} a plan that computes its gradient, {@code train} a step of
 * one replica, {@code sync} a training master that keeps replicas together. {@code evaluation}
 * measures, {@code prediction} applies a model to new images, {@code metrics} and {@code
 * checkpoint} record, and {@code storage} writes all of it to any Hadoop file system.
 */
package io.densespark;
