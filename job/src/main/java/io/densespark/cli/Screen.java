package io.densespark.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Standard output and what it can show.
 *
 * @param out where it goes
 * @param live whether a line can be drawn over and over
 * @param columns width of a line
 * @param style colours and signs
 */
record Screen(PrintStream out, boolean live, int columns, Style style) {

  /** What a person asks for; named as they write it. */
  enum Wish {
    auto,
    live,
    plain
  }

  private static final int USUAL_COLUMNS = 100;
  private static final int LEAST_COLUMNS = 40;

  /** The process's own. */
  static Screen ofProcess() {
    Map<String, String> environment = System.getenv();
    boolean isTerminal =
        System.console() != null && !"dumb".equals(environment.getOrDefault("TERM", "dumb"));
    return of(System.out, environment, isTerminal, outputCharset());
  }

  /** An output to which a terminal may be connected, its size and colours by convention. */
  static Screen of(
      PrintStream out, Map<String, String> environment, boolean isTerminal, Charset charset) {
    boolean coloured = isTerminal && environment.getOrDefault("NO_COLOR", "").isEmpty();
    boolean unicode = charset.newEncoder().canEncode('━') && charset.newEncoder().canEncode('✓');
    int columns =
        number(environment.get("COLUMNS"))
            .or(() -> isTerminal ? terminalColumns() : Optional.empty())
            .orElse(USUAL_COLUMNS);
    return new Screen(
        out, isTerminal, Math.max(LEAST_COLUMNS, columns), new Style(coloured, unicode));
  }

  /** The same output, used as asked for. */
  Screen as(Wish wish) {
    return switch (wish) {
      case auto -> this;
      case live -> new Screen(out, true, columns, style);
      case plain -> new Screen(out, false, columns, style);
    };
  }

  private static Charset outputCharset() {
    // Java 17 tells the encoding of standard output by this property alone.
    String name = System.getProperty("sun.stdout.encoding");
    return name == null || !Charset.isSupported(name)
        ? Charset.defaultCharset()
        : Charset.forName(name);
  }

  private static Optional<Integer> terminalColumns() {
    try {
      Process stty = new ProcessBuilder("sh", "-c", "stty size < /dev/tty 2> /dev/null").start();
      stty.getOutputStream().close();
      if (!stty.waitFor(1, TimeUnit.SECONDS)) {
        stty.destroyForcibly();
        return Optional.empty();
      }
      try (InputStream answer = stty.getInputStream()) {
        String[] size =
            new String(answer.readAllBytes(), StandardCharsets.US_ASCII).strip().split(" ");
        return size.length == 2 ? number(size[1]) : Optional.empty();
      }
    } catch (IOException e) {
      // No shell: the usual width does.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<Integer> number(String text) {
    return text == null || !text.matches("[1-9]\\d{0,3}")
        ? Optional.empty()
        : Optional.of(Integer.valueOf(text));
  }
}
