package io.densespark.config;

import java.util.List;
import java.util.stream.Collectors;

/** Settings that cannot be used, with every reason found and not only the first. */
public final class ConfigException extends RuntimeException {

  private static final int SHOWN = 100;

  private final transient List<Problem> problems;

  ConfigException(List<Problem> problems) {
    super(text(problems));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, in the order found. */
  public List<Problem> problems() {
    return problems;
  }

  private static String text(List<Problem> problems) {
    String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
    int more = problems.size() - SHOWN;
    return problems.stream()
        .limit(SHOWN)
        .map(Problem::text)
        .collect(
            Collectors.joining(
                "\n\n",
                count + " with the settings\n\n",
                more > 0 ? "\n\n  and " + more + " more" : ""));
  }
}
