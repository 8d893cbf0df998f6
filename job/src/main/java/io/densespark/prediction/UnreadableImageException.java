package io.densespark.prediction;

/** One image cannot be used; the message says why, its name is known further up. */
final class UnreadableImageException extends Exception {

  UnreadableImageException(String message) {
    super(message);
  }
}
