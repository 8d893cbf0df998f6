package io.densespark.cli;

/**
 * Colours and signs, as far as the screen has them.
 *
 * @param coloured whether colours are wanted and known
 * @param unicode whether the output's encoding has box drawing and check marks
 */
record Style(boolean coloured, boolean unicode) {

  /** No colours, ASCII only. */
  static final Style BARE = new Style(false, false);

  String bold(String text) {
    return sgr("1", text);
  }

  String dim(String text) {
    return sgr("2", text);
  }

  String accent(String text) {
    return sgr("36", text);
  }

  String good(String text) {
    return sgr("32", text);
  }

  String warn(String text) {
    return sgr("33", text);
  }

  String bad(String text) {
    return sgr("31", text);
  }

  /** A sign, or its stand-in where the encoding lacks it. */
  String sign(String sign, String standIn) {
    return unicode ? sign : standIn;
  }

  /** A bar of {@code width} cells, a share of which is done. */
  String bar(double share, int width) {
    int done = (int) Math.floor(Math.min(1, Math.max(0, share)) * width);
    String head = done < width ? sign("╸", ">") : "";
    String rest = sign("━", "-").repeat(Math.max(0, width - done - 1));
    String full = sign("━", "=").repeat(done);
    return good(full + head) + dim(coloured || !unicode ? rest : " ".repeat(rest.length()));
  }

  private String sgr(String code, String text) {
    return coloured && !text.isEmpty() ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}
