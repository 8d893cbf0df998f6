package io.densespark.images;

import io.densespark.data.DataException;
import io.densespark.text.Text;
import java.io.Serializable;

/**
 * An image that cannot be used.
 *
 * @param id its name: a file, or a file and a row
 * @param reason what is wrong with it
 */
public record BrokenImage(String id, String reason) implements Serializable {

  /** Says what is wrong and what to do. */
  public DataException refusal() {
    return new DataException(
        Text.format("%s %s; repair or remove it, or use --on-error skip", id, reason));
  }
}
