package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NearestKeyTest {

  @ParameterizedTest
  @CsvSource({
    "data.image-siz,            data.image-size",
    "data.imageSize,            data.image-size",
    "data.image_size,           data.image-size",
    "tarin.epochs,              train.epochs",
    "epochs,                    train.epochs",
    "train.learning-rate,       train.optimizer.learning-rate",
    "model.growthrate,          model.growth-rate",
    "sync.replica,              sync.replicas"
  })
  void guessesWhatWasMeant(String unknown, String meant) {
    assertThat(NearestKey.among(Schema.RUN.settings().keySet(), unknown)).contains(meant);
  }

  @ParameterizedTest
  @ValueSource(strings = {"color", "model.attention.heads", "x"})
  void guessesNothingFarFetched(String unknown) {
    assertThat(NearestKey.among(Schema.RUN.settings().keySet(), unknown)).isEmpty();
  }

  @Property(tries = 200)
  void distanceIsSymmetricAndBoundedByTheLongerWord(
      @ForAll @AlphaChars @StringLength(max = 12) String a,
      @ForAll @AlphaChars @StringLength(max = 12) String b) {
    int distance = NearestKey.distance(a, b);

    assertThat(distance)
        .isEqualTo(NearestKey.distance(b, a))
        .isBetween(Math.abs(a.length() - b.length()), Math.max(a.length(), b.length()));
    assertThat(distance == 0).isEqualTo(a.equals(b));
  }
}
