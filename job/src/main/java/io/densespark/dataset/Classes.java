package io.densespark.dataset;

import io.densespark.data.DataException;
import io.densespark.dataset.LabelledImage.Label;
import io.densespark.text.Text;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The classes of a data set: which index each label has, and the names by index.
 *
 * @param names by class index
 * @param index class index by the label's text
 */
record Classes(List<String> names, Map<String, Integer> index) {

  /**
   * Numbers labels.
   *
   * <p>Without names: in the order of whole numbers where all labels are such, else of code points.
   * With names: a text is the index of its name; numbers count from 0, or from 1 where 0 does not
   * occur and the number of names does.
   *
   * @param labels all that occur
   * @param names by class index; empty: the labels themselves
   * @throws DataException when the labels are fewer than two or the names do not fit them
   */
  static Classes of(Collection<Label> labels, List<String> names) {
    boolean numbers = labels.stream().allMatch(Label::number);
    Comparator<String> order =
        numbers ? Comparator.comparing(BigInteger::new) : Classes::compareCodePoints;
    TreeSet<String> texts = new TreeSet<>(order);
    labels.forEach(label -> texts.add(label.text()));
    if (texts.size() < 2 && names.size() < 2) {
      throw new DataException(
          Text.format("there must be at least two classes, the data has the labels %s", texts));
    }
    return names.isEmpty()
        ? numbered(new ArrayList<>(texts))
        : numbers && !names.containsAll(texts) ? byNumber(texts, names) : byName(texts, names);
  }

  private static Classes numbered(List<String> texts) {
    Map<String, Integer> index = new HashMap<>();
    for (String text : texts) {
      index.put(text, index.size());
    }
    return new Classes(texts, index);
  }

  private static Classes byName(Collection<String> texts, List<String> names) {
    Map<String, Integer> index = numbered(names).index();
    for (String text : texts) {
      if (!index.containsKey(text)) {
        throw new DataException(
            Text.format(
                "the label \"%s\" is not in data.class-names = %s: add it, or leave the setting out",
                text, names));
      }
    }
    return new Classes(names, index);
  }

  private static Classes byNumber(TreeSet<String> texts, List<String> names) {
    BigInteger last = new BigInteger(texts.last());
    BigInteger size = BigInteger.valueOf(names.size());
    BigInteger base =
        texts.first().equals("0") || last.compareTo(size) < 0 ? BigInteger.ZERO : BigInteger.ONE;
    if (new BigInteger(texts.first()).compareTo(base) < 0
        || last.subtract(base).compareTo(size) >= 0) {
      throw new DataException(
          Text.format(
              "data.class-names has %d names, the labels are %s to %s: they must be 0 to %d, or 1 to %d",
              names.size(), texts.first(), texts.last(), names.size() - 1, names.size()));
    }
    Map<String, Integer> index = new HashMap<>();
    texts.forEach(text -> index.put(text, new BigInteger(text).subtract(base).intValue()));
    return new Classes(names, index);
  }

  /** As UTF-8 sorts, unlike {@code String.compareTo}, which sorts UTF-16. */
  static int compareCodePoints(String one, String other) {
    int[] a = one.codePoints().toArray();
    int[] b = other.codePoints().toArray();
    return java.util.Arrays.compare(a, b);
  }
}
