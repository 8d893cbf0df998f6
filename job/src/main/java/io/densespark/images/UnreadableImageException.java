package io.densespark.images;

/** One image cannot be used; the message says why, its name is known further up. */
public final class UnreadableImageException extends Exception {

  public UnreadableImageException(String message) {
    super(message);
  }
}
