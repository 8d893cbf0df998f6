package io.densespark.settings;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The one list of what must be seen nowhere: neither on a screen nor in a file. Too much is hidden
 * rather than too little.
 */
public final class Secrets {

  /** Stands where a secret was. */
  public static final String HIDDEN = "(hidden)";

  private static final String WORDS =
      "secret|passw|passphrase|pwd|token|credential|(?:access|account|api|private|session|shared|encryption)[._-]?key";

  /** Names of secrets, for Spark too; a class that provides some, or the path of one, is none. */
  public static final String NAMES =
      "(?i)^.*(?:"
          + WORDS
          + "|(?:^|[._-])(?:key|sas|sig|signature|authorization)(?=$|[._-])).*(?<!provider|\\.path)$";

  private static final Pattern NAME = Pattern.compile(NAMES);

  /** User and password in a URI, greedy, as secret keys may hold slashes; a port is no password. */
  private static final Pattern USER_INFO =
      Pattern.compile("://[^\\s/@:]*:(?!\\d{1,5}/)[^\\s'\"]*@|(?<=https?)://[^\\s/@]+@");

  /**
   * A value in a longer text, as in {@code -Da.password=x}, {@code "private_key": "x"}, {@code
   * ?sig=x}; one taken from a variable is none, and of a structure nothing that follows is shown.
   */
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(?i)((?:(?<![\\w.-])[\\w.-]*(?:"
              + WORDS
              + ")[\\w.-]*|[?&;](?:sig|signature|x-amz-signature|code|key))['\"]?\\s*[=:]\\s*)"
              + "(?!\\(hidden\\))(?:[{\\[][\\s\\S]*|\"[^\"$]+\"|'[^'$]+'|[^\\s'\"$&;][^\\s&;'\"]*)");

  /** What is a credential by its looks: keys of AWS, PEM blocks, headers, web tokens. */
  private static final Pattern LOOKS =
      Pattern.compile(
          "\\b(?:AKIA|ASIA)[A-Z0-9]{12,}\\b|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
              + "|(?i:\\bbearer\\s+[a-z0-9+/._-]+=*|\\bbasic\\s+[a-z0-9+/]{8,}=*)"
              + "|\\beyJ[\\w-]+\\.[\\w-]+\\.[\\w-]*",
          Pattern.DOTALL);

  private Secrets() {}

  /** Whether what stands under this name is a secret. */
  public static boolean isSecret(String name) {
    return NAME.matcher(name).matches();
  }

  /** Whether a text seems to hold a credential itself. */
  public static boolean holdsSecret(String text) {
    return !redact(text).equals(text);
  }

  /**
   * A longer text, such as a command, a URI or the options of a JVM, without the credentials in it.
   */
  public static String redact(String text) {
    String open = LOOKS.matcher(text).replaceAll(HIDDEN);
    open = USER_INFO.matcher(open).replaceAll("://" + HIDDEN + "@");
    return ASSIGNMENT.matcher(open).replaceAll("$1" + HIDDEN);
  }

  /** The settings, sorted, each value as it may be shown. */
  public static Map<String, String> redact(Map<String, String> settings) {
    Map<String, String> open = new TreeMap<>(settings);
    open.replaceAll(Secrets::shown);
    return Collections.unmodifiableMap(open);
  }

  /** A value as it may be shown: hidden under a secret's name, else without credentials in it. */
  public static String shown(String name, String value) {
    return isSecret(name) ? HIDDEN : redact(value);
  }
}
