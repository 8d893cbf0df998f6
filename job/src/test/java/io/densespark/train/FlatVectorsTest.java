package io.densespark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class FlatVectorsTest {

  @Test
  void viewSharesMemoryWithPartOfAVector() {
    INDArray whole = Nd4j.createFromArray(new float[] {0, 1, 2, 3, 4, 5}).reshape(1, 6);
    INDArray part = whole.get(NDArrayIndex.all(), NDArrayIndex.interval(2, 5));

    assertThat(FlatVectors.toArray(part)).containsExactly(2, 3, 4);
    FlatVectors.view(part).put(0, 9);
    assertThat(whole.getFloat(0, 2)).isEqualTo(9);
  }

  @Test
  void refusesWhatIsNotAFlatFloatVector() {
    assertThatThrownBy(() -> FlatVectors.view(Nd4j.zeros(DataType.DOUBLE, 1, 3)))
        .hasMessageContaining("DOUBLE");
    assertThatThrownBy(() -> FlatVectors.assign(Nd4j.zeros(1, 3), new float[2]))
        .hasMessageContaining("3")
        .hasMessageContaining("2");
  }

  @Test
  void digestIsThatOfLittleEndianFloats() {
    // printf '\x00\x00\x80\x3f' | sha256sum
    assertThat(FlatVectors.sha256(new float[] {1}))
        .isEqualTo("e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c");
  }

  @Test
  void findsTheFirstValueThatIsNotFinite() {
    assertThat(FlatVectors.firstNotFinite(new float[] {1, 2})).isEqualTo(-1);
    assertThat(FlatVectors.firstNotFinite(new float[] {1, Float.NaN, 3})).isEqualTo(1);
    assertThat(FlatVectors.firstNotFinite(new float[] {Float.NEGATIVE_INFINITY})).isZero();
  }
}
