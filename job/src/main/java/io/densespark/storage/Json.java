package io.densespark.storage;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.densespark.text.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Records as JSON and back. A number that is not finite becomes {@code null}, and {@code null} for
 * a primitive becomes NaN, never 0. Instants are ISO 8601 text. Unknown fields are ignored, so that
 * an older program reads newer files.
 */
public final class Json {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .addModule(
              new SimpleModule()
                  .addSerializer(Double.class, new FiniteSerializer<>())
                  .addSerializer(double.class, new FiniteSerializer<>())
                  .addSerializer(Float.class, new FiniteSerializer<>())
                  .addSerializer(float.class, new FiniteSerializer<>())
                  .addDeserializer(double.class, new DoubleDeserializer())
                  .addSerializer(Instant.class, ToStringSerializer.instance)
                  .addDeserializer(Instant.class, new InstantDeserializer()))
          .build();

  private Json() {}

  /** The value as indented JSON with a final line feed, for files that people read. */
  public static byte[] document(Object value) {
    try {
      String text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
      return text.getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Not representable as JSON: " + value.getClass(), e);
    }
  }

  /** The document as text without its line feed, for standard output. */
  public static String text(Object value) {
    return new String(document(value), StandardCharsets.UTF_8).strip();
  }

  /** The value as one line of JSON with its line feed, for logs. */
  public static byte[] line(Object value) {
    try {
      return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Not representable as JSON: " + value.getClass(), e);
    }
  }

  /**
   * Reads one value.
   *
   * @throws IOException if the text is not JSON of this type; the message says in plain words what
   *     is wrong and where
   */
  public static <T> T read(byte[] json, Class<T> type) throws IOException {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new IOException("it holds null");
      }
      return value;
    } catch (JsonProcessingException e) {
      // Without the cause, whose words are those of a library.
      throw new IOException(plain(json, e));
    }
  }

  private static String plain(byte[] json, JsonProcessingException e) {
    if (new String(json, StandardCharsets.UTF_8).isBlank()) {
      return "it is empty";
    }
    if (e instanceof JsonEOFException || e.getCause() instanceof JsonEOFException) {
      return Text.format("it is cut short, after %d bytes", json.length);
    }
    if (e instanceof ValueInstantiationException && e.getCause() instanceof RuntimeException own) {
      // The words of the record that refused its values.
      return own.getMessage();
    }
    if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      String field =
          mapping.getPath().stream()
              .map(JsonMappingException.Reference::getFieldName)
              .filter(Objects::nonNull)
              .collect(Collectors.joining("."));
      String met =
          e instanceof InvalidFormatException format ? " of \"" + format.getValue() + "\"" : "";
      return Text.format(
          "this version does not know its value%s for \"%s\": a newer one wrote it, or it was changed",
          met, field);
    }
    JsonLocation where = e.getLocation();
    return where == null
        ? "it is not of this form"
        : Text.format(
            "it is no JSON of this form at line %d, column %d",
            where.getLineNr(), where.getColumnNr());
  }

  private static final class FiniteSerializer<T extends Number> extends JsonSerializer<T> {
    @Override
    public void serialize(T value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (!Double.isFinite(value.doubleValue())) {
        out.writeNull();
      } else if (value instanceof Float single) {
        out.writeNumber(single);
      } else {
        out.writeNumber(value.doubleValue());
      }
    }
  }

  private static final class DoubleDeserializer extends StdScalarDeserializer<Double> {
    DoubleDeserializer() {
      super(double.class);
    }

    @Override
    public Double deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (in.currentToken().isNumeric()) {
        return in.getDoubleValue();
      }
      return (Double) context.handleUnexpectedToken(double.class, in);
    }

    @Override
    public Double getNullValue(DeserializationContext context) {
      return Double.NaN;
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
      return Double.NaN;
    }
  }

  private static final class InstantDeserializer extends JsonDeserializer<Instant> {
    @Override
    public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (in.currentToken() != JsonToken.VALUE_STRING) {
        return (Instant) context.handleUnexpectedToken(Instant.class, in);
      }
      try {
        return Instant.parse(in.getText());
      } catch (java.time.DateTimeException e) {
        return (Instant)
            context.handleWeirdStringValue(Instant.class, in.getText(), "not ISO 8601");
      }
    }
  }
}
