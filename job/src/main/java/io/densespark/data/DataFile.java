package io.densespark.data;

/**
 * Where a file of the data set came from and what it held, for a run's provenance.
 *
 * @param uri the file that was read
 * @param sha256 SHA-256 of the file as stored, lower-case hexadecimal
 * @param contentSha256 SHA-256 of its uncompressed content; the same when it is not compressed
 */
public record DataFile(String uri, String sha256, String contentSha256) {}
