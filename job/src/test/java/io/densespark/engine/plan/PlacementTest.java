package io.densespark.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.graph.Graph;
import io.densespark.engine.plan.ChannelMap.Segment;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final int BLOCK = 16;

  @Test
  void nestedConcatenationsShareOneMemory() {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, 16);
    int y = net.conv(x, 3, 32);
    int xy = net.concat(x, y);
    int z = net.conv(xy, 3, 32);
    int all = net.concat(xy, z);
    Placement placement = Placement.of(net.classify(all), BLOCK, true);
    assertThat(placement.root(x)).isEqualTo(all);
    assertThat(placement.root(xy)).isEqualTo(all);
    assertThat(placement.firstChannel(xy)).isZero();
    assertThat(placement.firstChannel(y)).isEqualTo(16);
    assertThat(placement.firstChannel(z)).isEqualTo(48);
  }

  @Test
  void flatConcatenationsShareOneMemory() {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, 16);
    int y = net.conv(x, 3, 32);
    int xy = net.concat(x, y);
    int z = net.conv(xy, 3, 32);
    int all = net.concat(x, y, z);
    Placement placement = Placement.of(net.classify(all), BLOCK, true);
    assertThat(placement.root(xy)).isEqualTo(all);
    assertThat(placement.firstChannel(y)).isEqualTo(16);
    assertThat(placement.isCopied(all, 0) || placement.isCopied(all, 1)).isFalse();
  }

  @Test
  void whatLiesElsewhereIsCopied() {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, 16);
    int y = net.conv(x, 3, 32);
    int xy = net.concat(x, y);
    int yx = net.concat(y, x, xy);
    Placement placement = Placement.of(net.classify(yx), BLOCK, true);
    assertThat(placement.isCopied(yx, 0)).isTrue();
    assertThat(placement.isCopied(yx, 1)).isTrue();
    assertThat(placement.isCopied(yx, 2)).isFalse();
    assertThat(placement.firstChannel(x)).isEqualTo(48);
  }

  @Test
  void unalignedPartsLeaveGaps() {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, 120);
    int y = net.conv(x, 3, 32);
    int xy = net.concat(x, y);
    Graph graph = net.classify(xy);
    ChannelMap map = Placement.of(graph, BLOCK, true).channels(xy);
    assertThat(map.logical()).isEqualTo(152);
    assertThat(map.physical()).isEqualTo(160);
    assertThat(map.segments()).containsExactly(new Segment(0, 0, 120), new Segment(120, 128, 32));
  }

  @Test
  void everythingIsCopiedWhenSwitchedOff() {
    Sketch net = new Sketch(1, 6, 6);
    int x = net.conv(0, 3, 16);
    int y = net.conv(x, 3, 32);
    int xy = net.concat(x, y);
    Placement placement = Placement.of(net.classify(xy), BLOCK, false);
    assertThat(placement.root(x)).isEqualTo(x);
    assertThat(placement.isCopied(xy, 0) && placement.isCopied(xy, 1)).isTrue();
  }

  @Test
  void inputStaysPlainOnlyForConvolutions() {
    Sketch convolved = new Sketch(3, 6, 6);
    Graph plain = convolved.classify(convolved.conv(0, 3, 16));
    Sketch normed = new Sketch(3, 6, 6);
    Graph blocked = normed.classify(normed.norm(0));
    assertThat(Placement.of(plain, BLOCK, true).channels(0).physical()).isEqualTo(3);
    assertThat(Placement.of(blocked, BLOCK, true).channels(0).physical()).isEqualTo(16);
  }
}
