/**
 * The real standalone Spark that integration tests run on: {@link
 * io.densespark.cluster.StandaloneCluster} starts it by {@code scripts/cluster}, submits to it by
 * {@code scripts/submit} and ends it. Depends on nothing of the job.
 */
package io.densespark.cluster;
