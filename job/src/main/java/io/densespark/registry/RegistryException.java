package io.densespark.registry;

/** Something was asked of a registry that it cannot give, such as a version that is not there. */
public final class RegistryException extends RuntimeException {

  public RegistryException(String message) {
    super(message);
  }

  RegistryException(String message, Throwable cause) {
    super(message, cause);
  }
}
