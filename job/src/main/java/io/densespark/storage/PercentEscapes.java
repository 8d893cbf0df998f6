package io.densespark.storage;

import io.densespark.text.Text;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Percent escapes of a URI as text; bytes that are not UTF-8 stay escaped. */
final class PercentEscapes {

  private PercentEscapes() {}

  static String decode(String escaped) {
    ByteBuffer bytes = ByteBuffer.allocate(escaped.length());
    for (int i = 0; i < escaped.length(); i++) {
      if (escaped.charAt(i) == '%') {
        bytes.put((byte) Integer.parseInt(escaped.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.put((byte) escaped.charAt(i));
      }
    }
    bytes.flip();
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    // Each byte gives one character, or three where it stays escaped.
    CharBuffer text = CharBuffer.allocate(3 * bytes.limit());
    for (CoderResult result = decoder.decode(bytes, text, true);
        result.isMalformed();
        result = decoder.decode(bytes, text, true)) {
      for (int i = 0; i < result.length(); i++) {
        text.put(Text.format("%%%02X", bytes.get()));
      }
    }
    return text.flip().toString();
  }
}
