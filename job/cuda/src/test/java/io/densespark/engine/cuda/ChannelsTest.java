package io.densespark.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 2048, 2049, 131_072, 131_073, 1 << 30})
  void slicesAreFewAndWholeRunsAndCoverTheChannel(long pixels) {
    Channels channels = new Channels(3, pixels, pixels, 1);

    assertThat(channels.slices()).isBetween(1, 64);
    assertThat(channels.slice() % Launch.RUN).isZero();
    assertThat(channels.slices() * channels.slice()).isGreaterThanOrEqualTo(pixels);
    assertThat((channels.slices() - 1) * channels.slice()).isLessThan(pixels);
  }
}
