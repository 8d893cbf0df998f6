package io.densespark.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record component that is a setting. Its type says what it holds: {@code int}, {@code long},
 * {@code double}, {@code boolean}, {@code String}, an enum, a {@code Duration}, a {@code List} of
 * one of these, or an {@code Optional} (or {@code OptionalInt}), which a {@link #word} leaves
 * empty. Its default stands in {@code conf/densenet-bc.conf}.
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {

  /** Its meaning in one line. */
  String value();

  /** Its name in its section; by default that of the component, as in {@code batch-size}. */
  String name() default "";

  /**
   * An interval that holds its values, or each element of a list: {@code [1, 1024]} includes both
   * ends, {@code (0, 1)} neither; an end may be left out, as in {@code [0, )}.
   */
  String range() default "[, ]";

  /** The unit it is counted in, in the plural; empty where the type or the meaning says it. */
  String unit() default "";

  /** An {@code int} that was given by its {@link #word}. */
  int WORD_AS_NUMBER = -1;

  /**
   * What is written where an optional value is empty, or in place of the number of an {@code int},
   * which is then {@link #WORD_AS_NUMBER}.
   */
  String word() default "";

  /** What a text must look like. */
  TextForm form() default TextForm.ANY;

  /** Other ways to write a choice, each as {@code true = random}. */
  String[] aliases() default {};

  /** Least number of elements of a list. */
  int leastElements() default 0;

  /**
   * Whether another value may lead to other parameters at the end of a run, or to other figures.
   */
  boolean altersResult() default true;

  /**
   * When it counts at all, as the key of another setting and that one's words: {@code
   * train.schedule.kind = cosine, one-cycle}. Empty: always.
   */
  String usedWhen() default "";

  /**
   * A value that asks for nothing, so that it may be given even where the setting does not count.
   */
  String off() default "";
}
