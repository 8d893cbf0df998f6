package io.densespark.config;

import io.densespark.settings.Declaration;
import java.util.ArrayList;
import java.util.List;

/** The page about every setting, {@code docs/settings.md}: it says what the records declare. */
public final class SettingsReference {

  private static final String HEAD =
      """
      # Settings

      Made from the declarations in the code. Do not edit this page, write it anew:

      ```
      scripts/densespark settings --markdown > docs/settings.md
      ```

      A flag (`--set KEY=VALUE`) goes before a settings file (`--config FILE`), a file before the
      defaults, which are [`conf/densenet-bc.conf`](../conf/densenet-bc.conf). A file is
      [HOCON](https://github.com/lightbend/config/blob/main/HOCON.md) or JSON. Everything wrong is
      told at once, with its source, and the exit code is 2.

      In the last column, *yes*: another value may lead to another model or to other test figures.
      Such settings make up the hash of a run, and a run goes on only with the same ones.
      Lengths of time are a number and a unit: `ms`, `s`, `m`, `h` or `d`.
      """;

  private static final String TAIL =
      """

      ## spark.conf

      Every name below `spark.conf` is one quoted word that begins with `spark.`, and goes to Spark
      as it is: `spark.conf."spark.executor.memory" = 4g`. Names under `spark.hadoop.` reach the
      output, models and data too. What looks like a secret is shown nowhere and not kept in
      `config.json`.
      """;

  private static final String ARMS =
      """

      Only the verb `scale` reads these, and the settings of a file's other sections are what the
      runs of the grid have in common. Each name below `scale.arms` is an arm, which may say for
      itself what stands from `scale.batches` on. Below its `settings` stand settings of a run that
      hold for this arm alone: they go before those of the file, flags before both.
      [Large batches](large-batch.md) explains the rules.
      """;

  private SettingsReference() {}

  /** The whole page as Markdown. */
  public static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    tables(page, Schema.RUN, Layers.of(Schema.RUN, new ConfigSources(), new ArrayList<>()));
    page.append(TAIL);
    tables(page, GridSettings.SCHEMA, GridSettings.defaults());
    return page.append(ARMS).toString();
  }

  private static void tables(StringBuilder page, Schema schema, Layers defaults) {
    String section = "";
    for (Declaration declared : schema.settings().values()) {
      String part = declared.key().substring(0, declared.key().indexOf('.'));
      if (!part.equals(section)) {
        section = part;
        page.append("\n## ").append(section).append("\n\n");
        page.append("| setting | default | meaning | allowed | result |\n|---|---|---|---|---|\n");
      }
      String byDefault = defaults.given(declared.key()).text();
      List<String> cells =
          List.of(
              "`" + declared.key() + "`",
              "`" + byDefault + "`",
              declared.meaning() + usage(declared),
              declared.type().allowed(),
              declared.altersResult() ? "yes" : "");
      page.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
  }

  private static String usage(Declaration declared) {
    return declared
        .usage()
        .map(usage -> "; counts when " + usage.key() + " is " + String.join(" or ", usage.words()))
        .orElse("");
  }
}
