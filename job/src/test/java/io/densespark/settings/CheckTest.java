package io.densespark.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckTest {

  private enum Kind {
    PLAIN,
    VERY_FINE
  }

  @Section("part")
  private record Part(
      @Setting(value = "size", range = "[1, 64)") int size,
      @Setting("seed") long seed,
      @Setting(value = "share", range = "(0, 1]") double share,
      @Setting("kind") Kind kind,
      @Setting(value = "pause", range = "[5s, )") Duration pause,
      @Setting(value = "sizes", range = "[1, )", leastElements = 1) List<Integer> sizes,
      @Setting(value = "limit", range = "[1, )", word = "all") OptionalInt limit,
      @Setting(value = "place", word = "auto", form = TextForm.URI) Optional<String> place,
      @Setting("flag") boolean flag) {
    private Part {
      Check.values(Part.class, size, seed, share, kind, pause, sizes, limit, place, flag)
          .refuse(size == 13, "unlucky: use 12 or 14", "part.size")
          .refuse(flag && limit.isEmpty(), "a flag needs a limit", "part.flag", "part.limit")
          .orThrow();
    }
  }

  @Section("")
  private record Whole(Part part) {
    private Whole {
      Check.values(Whole.class, part);
    }
  }

  private static Part part(
      int size,
      double share,
      Duration pause,
      List<Integer> sizes,
      OptionalInt limit,
      String place) {
    return new Part(
        size, -1, share, Kind.VERY_FINE, pause, sizes, limit, Optional.ofNullable(place), false);
  }

  private static Part good() {
    return part(1, 1, Duration.ofSeconds(5), List.of(1), OptionalInt.of(1), "s3a://bucket/a");
  }

  @Test
  void goodValuesAreTakenAndWrittenByTheirKeys() {
    assertThat(Declaration.values(new Whole(good())))
        .containsEntry("part.size", 1)
        .containsEntry("part.limit", 1)
        .containsEntry("part.place", "s3a://bucket/a");
    assertThat(CanonicalText.of(Declaration.values(good()).get("part.kind")))
        .isEqualTo("very-fine");
    Part open = part(1, 1, Duration.ofDays(9), List.of(1), OptionalInt.empty(), null);
    assertThat(Declaration.values(open))
        .containsEntry("part.limit", "all")
        .containsEntry("part.place", "auto");
  }

  @Test
  void everyValueThatIsNotAllowedIsNamedWithWhatIs() {
    assertThatThrownBy(
            () ->
                part(
                    64,
                    Double.NaN,
                    Duration.ofSeconds(4),
                    List.of(1, 0),
                    OptionalInt.of(0),
                    "s3a://me:hush@bucket/a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "part.size = 64: must be a whole number of at least 1 and below 64",
            "part.share = NaN: must be a number above 0 and at most 1",
            "part.pause = 4s: must be a length of time",
            "part.sizes = [1, 0]: must be a list of at least 1, each a whole number of at least 1",
            "part.limit = 0: must be all, or a whole number",
            "part.place = s3a://(hidden)@bucket/a: must be auto, or a path or a URI without user")
        .satisfies(e -> assertThat(((SettingsException) e).refusals()).hasSize(6));
  }

  @Test
  void nothingMayBeNull() {
    assertThatThrownBy(() -> part(1, 1, null, null, null, null))
        .hasMessageContainingAll("part.pause = null", "part.sizes = null", "part.limit = null");
    assertThatThrownBy(
            () -> part(1, 1, Duration.ofDays(1), Arrays.asList(1, null), OptionalInt.of(1), null))
        .hasMessageContaining("part.sizes = [1, null]");
    assertThatThrownBy(() -> new Whole(null)).hasMessage("part = null: must not be null");
  }

  @Test
  void rulesOfTheRecordNameTheirSettingsAndValues() {
    assertThatThrownBy(
            () ->
                new Part(
                    13,
                    0,
                    1,
                    Kind.PLAIN,
                    Duration.ofDays(1),
                    List.of(1),
                    OptionalInt.empty(),
                    Optional.empty(),
                    true))
        .hasMessage(
            "part.size = 13: unlucky: use 12 or 14;"
                + " part.flag = true, part.limit = all: a flag needs a limit");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 1024] | from 1 to 1024",
        "[1, )     | of at least 1",
        "(0, 1]    | above 0 and at most 1",
        "[0, 1)    | of at least 0 and below 1",
        "(, 0.5)   | below 0.5",
        "[, ]      | ''"
      })
  void intervalsAreToldInWords(String interval, String words) {
    assertThat(Interval.parse(interval, java.math.BigDecimal::new).words()).isEqualTo(words);
  }
}
