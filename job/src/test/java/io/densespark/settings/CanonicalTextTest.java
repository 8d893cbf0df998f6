package io.densespark.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalTextTest {

  private enum Word {
    ONE_CYCLE
  }

  @Property(tries = 200)
  void numbersKeepTheirValue(@ForAll @DoubleRange(min = -1e300, max = 1e300) double number) {
    assertThat(Double.parseDouble(CanonicalText.of(number))).isEqualTo(number);
  }

  @Property(tries = 200)
  void lengthsOfTimeKeepTheirValue(@ForAll @LongRange(min = 0, max = 1L << 61) long nanos) {
    Duration span = Duration.ofNanos(nanos);
    assertThat(Spans.read(CanonicalText.of(span))).contains(span);
  }

  @ParameterizedTest
  @CsvSource({
    "90m, 5400000000000",
    "1.5 hours, 5400000000000",
    "90 minutes, 5400000000000",
    "1500ms, 1500000000",
    "3us, 3000",
    "999999999999d, 9223372036854775807"
  })
  void lengthsOfTimeAreReadInEveryUnit(String text, long nanos) {
    assertThat(Spans.read(text)).contains(Duration.ofNanos(nanos));
  }

  @ParameterizedTest
  @ValueSource(strings = {"30", "-1h", "1 fortnight", "", "s", "1h30m", "٣s", "1e3s"})
  void anythingElseIsNoLengthOfTime(String text) {
    assertThat(Spans.read(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "hi-IN-u-nu-deva", "th-TH-u-nu-thai", "tr-TR", "fr-FR"})
  void noTextDependsOnTheLocale(String tag) {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag(tag));
      assertThat(CanonicalText.of(1234567.5)).isEqualTo("1234567.5");
      assertThat(CanonicalText.of(Duration.ofMinutes(90))).isEqualTo("90m");
      assertThat(CanonicalText.of(List.of(1, 2))).isEqualTo("[1, 2]");
      assertThat(CanonicalText.of(Word.ONE_CYCLE)).isEqualTo("one-cycle");
      assertThat(Interval.parse("[5s, 1d]", Spans::parse).words()).isEqualTo("from 5s to 1d");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void whatNoSettingCanHoldHasATextAllTheSame() {
    assertThat(CanonicalText.of(Double.NaN)).isEqualTo("NaN");
    assertThat(CanonicalText.of(Duration.ofDays(1_000_000))).isEqualTo("PT24000000H");
    assertThat(CanonicalText.of(Duration.ZERO)).isEqualTo("0s");
  }
}
