package io.densespark.report;

import com.samskivert.mustache.Mustache;
import io.densespark.storage.Content;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;

/** The pages: what a template makes of the values that it names. */
enum Template {
  REPORT("report"),
  SCALE("scale");

  private final String name;

  Template(String name) {
    this.name = name;
  }

  /** A page that needs nothing but itself, in UTF-8; every text in it is escaped. */
  Content page(Object values) {
    String html =
        Mustache.compiler()
            .escapeHTML(true)
            .emptyStringIsFalse(true)
            .withLoader(Template::open)
            .compile(open(name))
            .execute(values);
    return Content.of(html.getBytes(StandardCharsets.UTF_8));
  }

  private static Reader open(String template) {
    return new InputStreamReader(
        Template.class.getResourceAsStream(template + ".mustache"), StandardCharsets.UTF_8);
  }
}
