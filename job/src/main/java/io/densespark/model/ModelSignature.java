package io.densespark.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.densespark.text.Text;
import java.util.List;

/**
 * What a model reads and which classes it tells apart.
 *
 * @param channels channels of an image
 * @param height rows of an image
 * @param width columns of an image
 * @param classes number of classes
 * @param classNames names by class index; empty: none are known
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ModelSignature(
    int channels, int height, int width, int classes, List<String> classNames) {

  /** Without names of classes. */
  public ModelSignature(int channels, int height, int width, int classes) {
    this(channels, height, width, classes, List.of());
  }

  public ModelSignature {
    classNames = classNames == null ? List.of() : List.copyOf(classNames);
    if (!classNames.isEmpty() && classNames.size() != classes) {
      throw new IllegalArgumentException(
          Text.format("%d class names for %d classes", classNames.size(), classes));
    }
    if (channels < 1 || height < 1 || width < 1 || classes < 1) {
      throw new IllegalArgumentException(
          Text.format(
              "a model's channels, height, width and classes must be at least 1, were %d, %d, %d, %d",
              channels, height, width, classes));
    }
  }

  /** Whether both read and tell apart the same; names count where both have some. */
  public boolean suits(ModelSignature other) {
    boolean named = !classNames.isEmpty() && !other.classNames.isEmpty();
    return channels == other.channels
        && height == other.height
        && width == other.width
        && classes == other.classes
        && (!named || classNames.equals(other.classNames));
  }

  @Override
  public String toString() {
    String names = classNames.isEmpty() ? "" : " " + classNames;
    return Text.format("%dx%dx%d images, %d classes%s", channels, height, width, classes, names);
  }
}
