package io.densespark.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.densespark.registry.McNemar.Method;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class McNemarTest {

  /** p-values worked out from the definitions, in rational arithmetic and by erfc. */
  @ParameterizedTest
  @CsvSource({
    "0, 0, EXACT, 1",
    "1, 0, EXACT, 1",
    "3, 3, EXACT, 1",
    "10, 2, EXACT, 0.03857421875",
    "2, 10, EXACT, 0.03857421875",
    "0, 8, EXACT, 0.0078125",
    "18, 6, EXACT, 0.022655844688",
    "19, 6, CHI_SQUARED, 0.016395072",
    "40, 20, CHI_SQUARED, 0.014171388",
    "13, 12, CHI_SQUARED, 1",
    "180, 250, CHI_SQUARED, 0.000876367"
  })
  void pValueIsThatOfTheDefinition(long first, long second, Method method, double expected) {
    McNemar test = McNemar.of(first, second);

    assertThat(test.method()).isEqualTo(method);
    assertThat(test.pValue()).isCloseTo(expected, within(1e-6));
  }

  @Test
  void exactValuesAgreeWithTheTailSumsOfFairCoins() {
    for (int n = 1; n < 25; n++) {
      for (int first = 0; first <= n; first++) {
        double tail = 0;
        for (int k = 0; k <= Math.min(first, n - first); k++) {
          tail += choose(n, k) / Math.pow(2, n);
        }
        assertThat(McNemar.of(first, n - first).pValue())
            .as("%d of %d", first, n)
            .isCloseTo(Math.min(1, 2 * tail), within(1e-9));
      }
    }
  }

  private static double choose(int n, int k) {
    double result = 1;
    for (int i = 1; i <= k; i++) {
      result = result * (n - k + i) / i;
    }
    return result;
  }
}
