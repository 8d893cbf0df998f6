/**
 * Durable files on any supported Hadoop file system: {@code file:}, {@code hdfs:} and {@code s3a:}
 * by the same code.
 *
 * <p>A workspace is a directory of files that appear whole or not at all. Nothing is appended to,
 * no directory is renamed, and what a reader opens was complete when it opened it.
 *
 * <p>In reading order:
 *
 * <ol>
 *   <li>{@link io.densespark.storage.Store} one workspace: open, publish, replace, list, delete;
 *   <li>{@link io.densespark.storage.StorageException} what may go wrong, with a reason that
 *       callers can switch on;
 *   <li>{@link io.densespark.storage.StoreLock} one owner at a time among processes that share a
 *       workspace;
 *   <li>{@link io.densespark.storage.StorageFailure} what a file system throws, in words;
 *   <li>{@code Publication} how each kind of file system makes a file appear whole;
 *   <li>{@link io.densespark.storage.Json} records as JSON, without NaN.
 * </ol>
 *
 * <p>The only package that knows Hadoop's file systems. It may depend on Hadoop and Jackson, on no
 * package of ours.
 */
package io.densespark.storage;
