package io.densespark.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

class PassesTest {

  private static List<String> ops(Graph graph) {
    return graph.nodes().stream().map(n -> n.op().getClass().getSimpleName()).toList();
  }

  private static Graph transition(Op.Pool.Kind kind) {
    Sketch net = new Sketch(1, 8, 8);
    int x = net.conv(0, 3, 16);
    int a = net.relu(net.norm(x));
    return net.classify(net.pool(kind, net.conv(a, 1, 8)));
  }

  @Test
  void normTakesInTheReluBehindIt() {
    Graph graph = Passes.apply(transition(Op.Pool.Kind.MAX), Purpose.TRAINING, PlanOptions.all());
    assertThat(ops(graph))
        .containsExactly(
            "Input",
            "Convolution",
            "BatchNorm",
            "Convolution",
            "Pool",
            "Flatten",
            "Dense",
            "SoftmaxLoss");
    assertThat(((Op.BatchNorm) graph.node(2).op()).relu()).isTrue();
  }

  @Test
  void normKeepsAReluThatIsNotItsOnlyReader() {
    Sketch net = new Sketch(1, 8, 8);
    int normed = net.norm(net.conv(0, 3, 16));
    Graph graph = net.classify(net.concat(normed, net.relu(normed)));
    assertThat(ops(Passes.apply(graph, Purpose.TRAINING, PlanOptions.all()))).contains("Activate");
  }

  @Test
  void meanPoolMovesBeforeThePointwiseConvolution() {
    Graph graph =
        Passes.apply(transition(Op.Pool.Kind.MEAN_INSIDE), Purpose.TRAINING, PlanOptions.all());
    assertThat(ops(graph).subList(3, 5)).containsExactly("Pool", "Convolution");
    assertThat(graph.node(4).image().height()).isEqualTo(4);
  }

  @Test
  void maxPoolStaysBehind() {
    Graph graph = Passes.apply(transition(Op.Pool.Kind.MAX), Purpose.TRAINING, PlanOptions.all());
    assertThat(ops(graph).subList(3, 5)).containsExactly("Convolution", "Pool");
  }

  @Test
  void inferenceFoldsNormAndActivationIntoTheConvolution() {
    Graph graph = Passes.apply(transition(Op.Pool.Kind.MAX), Purpose.INFERENCE, PlanOptions.all());
    assertThat(ops(graph)).doesNotContain("BatchNorm", "Activate");
    Op.Convolution first = (Op.Convolution) graph.node(1).op();
    assertThat(first.foldedNorm()).isPresent();
    assertThat(first.activation()).isPresent();
  }

  @Test
  void nothingChangesWhenSwitchedOff() {
    Graph graph = transition(Op.Pool.Kind.MEAN_INSIDE);
    assertThat(Passes.apply(graph, Purpose.TRAINING, PlanOptions.none())).isEqualTo(graph);
    assertThat(Passes.apply(graph, Purpose.INFERENCE, PlanOptions.none())).isEqualTo(graph);
  }
}
