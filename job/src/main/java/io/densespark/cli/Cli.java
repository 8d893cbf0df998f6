package io.densespark.cli;

import io.densespark.job.ExitCode;
import io.densespark.text.Text;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** From arguments to an exit code. Never throws and never ends the process. */
final class Cli {

  private final Session session;

  Cli(Session session) {
    this.session = session;
  }

  /** Runs the verb that the arguments name, or shows how to name one. */
  int run(String... arguments) {
    CommandLine root = new CommandLine(new RootCommand(session));
    root.setOut(new PrintWriter(session.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                session.screen().style().coloured() ? Ansi.ON : Ansi.OFF))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(
            LocalDate.class, text -> parsed(text, LocalDate::parse, "a date, as in 2026-01-31"))
        .registerConverter(
            Integer.class,
            text -> parsed(text, Integer::valueOf, "a whole number of at most nine digits"))
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler((e, args) -> badUsage(e));
    return root.execute(arguments);
  }

  private static <T> T parsed(String text, Function<String, T> parser, String wanted) {
    try {
      return parser.apply(text);
    } catch (DateTimeParseException | NumberFormatException e) {
      throw new TypeConversionException(Text.format("'%s': must be %s", text, wanted));
    }
  }

  private int badUsage(ParameterException e) {
    String verb = e.getCommandLine().getCommandSpec().qualifiedName();
    if (e instanceof UnmatchedArgumentException unmatched) {
      session.err().println("densespark: " + unknown(unmatched));
      hint(unmatched);
    } else {
      session.err().println("densespark: " + e.getMessage());
    }
    session.err().println("Try: " + verb + " --help");
    return ExitCode.USAGE.number();
  }

  private static String unknown(UnmatchedArgumentException e) {
    String word = e.getUnmatched().get(0);
    CommandLine command = e.getCommandLine();
    return command.getParent() != null || word.startsWith("-")
        ? e.getMessage()
        : Text.format(
            "there is no verb %s; name one of %s",
            word, String.join(", ", command.getSubcommands().keySet()));
  }

  private void hint(UnmatchedArgumentException e) {
    List<String> words = e.getUnmatched();
    // People write settings as if they were flags.
    if (words.get(0).matches("(--)?[a-z0-9-]+(\\.[a-z0-9.-]+)(=.*)?")) {
      String assignment = words.get(0).replaceFirst("^--", "");
      boolean valueFollows = words.size() > 1 && !words.get(1).startsWith("-");
      String value = valueFollows ? "=" + words.get(1) : "=VALUE";
      String hint = assignment.contains("=") ? assignment : assignment + value;
      session.err().println("Settings are given as: --set " + hint);
    } else {
      e.getSuggestions().stream()
          .limit(3)
          .forEach(s -> session.err().println("Did you mean " + s + "?"));
    }
  }
}
