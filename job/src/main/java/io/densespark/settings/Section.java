package io.densespark.settings;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A record of settings. Its components are settings, further sections, or neither. */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Section {

  /** Dotted name of the section, such as {@code train.optimizer}; empty: the root. */
  String value();

  /**
   * Whether its settings may alter the parameters at the end of a run or other figures; a setting
   * can say that it does not, whatever its section says.
   */
  boolean altersResult() default true;
}
