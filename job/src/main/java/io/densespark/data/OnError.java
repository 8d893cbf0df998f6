package io.densespark.data;

/** What to do about an image that cannot be used. */
public enum OnError {
  /** End the job; nothing is written. */
  FAIL,
  /** Leave it out and name it. */
  SKIP
}
