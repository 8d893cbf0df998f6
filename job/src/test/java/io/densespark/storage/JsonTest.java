package io.densespark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JsonTest {

  private record Sample(double primitive, Double boxed, float single, Instant at, String text) {}

  @Test
  void numbersThatAreNotFiniteBecomeNull() {
    String json =
        new String(
            Json.line(
                new Sample(
                    Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, null, "x")),
            StandardCharsets.UTF_8);
    assertThat(json)
        .isEqualTo(
            "{\"primitive\":null,\"boxed\":null,\"single\":null,\"at\":null,\"text\":\"x\"}\n");
  }

  @Test
  void nullAndAbsenceReadAsNanForPrimitivesAndNullForBoxes() throws IOException {
    Sample nulls = read("{\"primitive\":null,\"boxed\":null}");
    Sample absent = read("{}");
    assertThat(nulls.primitive()).isNaN();
    assertThat(nulls.boxed()).isNull();
    assertThat(absent.primitive()).isNaN();
  }

  @Test
  void valuesSurviveExactly() throws IOException {
    Sample sample =
        new Sample(0.1 + 0.2, -0.0, 1.1f, Instant.parse("2024-02-29T12:00:00.123456789Z"), "ü\n");
    assertThat(Json.read(Json.line(sample), Sample.class)).isEqualTo(sample);
    assertThat(Json.read(Json.document(sample), Sample.class)).isEqualTo(sample);
  }

  @Test
  void otherTextIsRefused() {
    assertThatThrownBy(() -> read("null")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("{\"primitive\":\"NaN\"}")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("{\"at\":\"yesterday\"}")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("{\"at\"")).isInstanceOf(IOException.class);
  }

  private static Sample read(String json) throws IOException {
    return Json.read(json.getBytes(StandardCharsets.UTF_8), Sample.class);
  }
}
