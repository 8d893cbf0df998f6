package io.densespark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class MirroredInferenceTest {

  @Test
  void reversesColumnsOfBytesAlone() {
    reversesColumnsAlone(DataType.UINT8);
  }

  @Test
  void reversesColumnsOfFloatsAlone() {
    reversesColumnsAlone(DataType.FLOAT);
  }

  private static void reversesColumnsAlone(DataType type) {
    INDArray images = Nd4j.arange(0, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5).castTo(type);
    INDArray part = images.get(NDArrayIndex.interval(1, 2));

    INDArray mirrored = MirroredInference.mirrored(part);

    assertThat(mirrored.dataType()).isEqualTo(type);
    assertThat(mirrored.shape()).containsExactly(1, 3, 4, 5);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 5; x++) {
          assertThat(mirrored.getInt(0, c, y, x)).isEqualTo(images.getInt(1, c, y, 4 - x));
          // What was given is as it was.
          assertThat(images.getInt(1, c, y, x)).isEqualTo(60 + (c * 4 + y) * 5 + x);
        }
      }
    }
  }
}
