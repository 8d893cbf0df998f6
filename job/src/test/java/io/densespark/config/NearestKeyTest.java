package io.densespark.config;

import static org.assertj.core.api.Assertions.assertThat;

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
}
