package io.densespark.engine.plan;

import io.densespark.engine.PlanConfig.Purpose;
import io.densespark.engine.graph.Graph;
import io.densespark.engine.graph.Node;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Shape;
import io.densespark.engine.plan.PlanOptions.Optimization;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.engine.plan.Tensor.Rows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the program of a graph: every node's forward instructions in the graph's order and, for
 * training, {@link Backward}'s in the opposite order.
 */
public final class Lowering {
  private static final float MAX_BYTE = 255;

  final Graph graph;
  final Placement placement;
  final Buffers buffers = new Buffers();
  final List<Instruction> instructions = new ArrayList<>();
  final List<Program.VectorConstant> constants = new ArrayList<>();
  final List<Program.VectorLoad> loads = new ArrayList<>();
  final List<Program.VectorStore> stores = new ArrayList<>();
  final List<Program.StatisticsStore> statistics = new ArrayList<>();
  final Values values;
  final boolean training;
  final Map<Integer, Integer> poolWorkspaces = new HashMap<>();
  final Map<Integer, Tensor> dropoutMasks = new HashMap<>();
  final NormLowering norms;
  final ConvolutionLowering convolutions;

  private Lowering(
      Graph graph,
      int images,
      int block,
      Element element,
      Purpose purpose,
      PlanOptions options,
      ConvolutionChooser chooser) {
    this.graph = graph;
    this.placement = Placement.of(graph, block, options.uses(Optimization.ELIDE_CONCAT));
    this.values = new Values(graph, placement, buffers, images, block, element);
    this.training = purpose == Purpose.TRAINING;
    this.norms = new NormLowering(this, options.uses(Optimization.SHARE_STATISTICS));
    this.convolutions =
        new ConvolutionLowering(
            this, chooser, !training && options.uses(Optimization.KEEP_WEIGHTS));
  }

  /**
   * The program of a graph that {@link Passes} have prepared for the same purpose.
   *
   * @param images number of images of one call
   * @param block channels per block of the layout
   * @param element type in which images pass between instructions
   * @param chooser decides how convolutions are computed
   */
  public static Program lower(
      Graph graph,
      int images,
      int block,
      Element element,
      Purpose purpose,
      PlanOptions options,
      ConvolutionChooser chooser) {
    Lowering lowering = new Lowering(graph, images, block, element, purpose, options, chooser);
    for (Node node : graph.nodes()) {
      lowering.forward(node);
    }
    if (lowering.training) {
      new Backward(lowering).run();
    }
    return new Program(
        images,
        lowering.buffers.all(),
        lowering.instructions,
        lowering.constants,
        lowering.loads,
        lowering.stores,
        lowering.statistics,
        lowering.values.rows(graph.output()));
  }

  Tensor value(int node) {
    return values.of(graph.node(node));
  }

  Image image(int node) {
    return values.image(graph.node(node));
  }

  Rows rows(int node) {
    return values.rows(graph.node(node));
  }

  private void forward(Node node) {
    Op op = node.op();
    if (op instanceof Op.Input) {
      Image input = values.image(node);
      Tensor.Vector divisor = buffers.vector("byte divisor", 1);
      constants.add(new Program.VectorConstant(MAX_BYTE, ChannelMap.of(1, 1), divisor));
      Tensor loaded = float32(input);
      instructions.add(new Instruction.LoadInput((Image) loaded, divisor));
      copy(loaded, input);
    } else if (op instanceof Op.Convolution convolution) {
      convolutions.forward(node, convolution);
    } else if (op instanceof Op.BatchNorm norm) {
      norms.forward(node, norm);
    } else if (op instanceof Op.Activate activate) {
      instructions.add(
          new Instruction.ActivateForward(
              activate.activation(), value(node.input()), values.of(node)));
    } else if (op instanceof Op.Pool pool) {
      pool(node, pool);
    } else if (op instanceof Op.Concat) {
      concat(node);
    } else if (op instanceof Op.Add) {
      add(node);
    } else if (op instanceof Op.Dropout dropout) {
      dropout(node, dropout);
    } else if (op instanceof Op.Flatten) {
      instructions.add(new Instruction.Flatten(image(node.input()), values.rows(node)));
    } else if (op instanceof Op.Dense dense) {
      instructions.add(new Instruction.DenseForward(dense, rows(node.input()), values.rows(node)));
    } else if (op instanceof Op.SoftmaxLoss) {
      instructions.add(new Instruction.Softmax(rows(node.input()), values.rows(node)));
    } else {
      throw new IllegalStateException("no lowering for " + op);
    }
  }

  private void pool(Node node, Op.Pool pool) {
    Optional<Integer> workspace = Optional.empty();
    if (training && pool.kind() == Op.Pool.Kind.MAX) {
      workspace = Optional.of(buffers.librarySized(node.name() + " origins"));
      poolWorkspaces.put(node.id(), workspace.get());
    }
    instructions.add(
        new Instruction.PoolForward(
            pool.kind(),
            pool.window(),
            image(node.input()),
            values.image(node),
            training,
            workspace));
  }

  private void dropout(Node node, Op.Dropout dropout) {
    Tensor value = values.of(node);
    Tensor mask =
        Tensors.rebuffered(value, buffers.temporary(node.name() + " mask", value.bytes()), 0);
    dropoutMasks.put(node.id(), mask);
    Tensor drawn = float32(mask);
    instructions.add(new Instruction.DropoutMask(dropout.keep(), dropout.stream(), drawn));
    copy(drawn, mask);
    instructions.add(new Instruction.Product(value(node.input()), mask, value));
  }

  /** The tensor itself where its values are float32, otherwise a new one of its layout. */
  private Tensor float32(Tensor tensor) {
    if (!(tensor instanceof Image image) || image.element() == Element.FLOAT32) {
      return tensor;
    }
    Image wide = image.as(Element.FLOAT32);
    return Tensors.rebuffered(wide, buffers.temporary("float32 copy", wide.bytes()), 0);
  }

  private void copy(Tensor from, Tensor to) {
    if (!from.equals(to)) {
      instructions.add(new Instruction.Copy(from, to));
    }
  }

  private void add(Node node) {
    Tensor sum = values.of(node);
    Tensor left = value(node.inputs().get(0));
    for (int input : node.inputs().subList(1, node.inputs().size())) {
      Tensor right = laidOutLike(sum, value(input));
      instructions.add(new Instruction.Sum(left, right, sum));
      left = sum;
    }
  }

  private void concat(Node node) {
    if (node.shape() instanceof Shape.Row) {
      int feature = 0;
      for (int input : node.inputs()) {
        Rows part = rows(input);
        instructions.add(
            new Instruction.CopyFeatures(part, 0, values.rows(node), feature, part.features()));
        feature += part.features();
      }
      return;
    }
    for (int i = 0; i < node.inputs().size(); i++) {
      if (placement.isCopied(node.id(), i)) {
        instructions.add(
            new Instruction.Copy(image(node.inputs().get(i)), part(node, i, values.image(node))));
      }
    }
  }

  /** The range of a concatenation's image, or of its gradient, that an input fills. */
  Image part(Node concat, int position, Image whole) {
    int first = whole.firstChannel();
    for (int input : concat.inputs().subList(0, position)) {
      first += placement.channels(input).physical();
    }
    Image part = image(concat.inputs().get(position));
    return Tensors.rebuffered(part, whole.buffer(), first);
  }

  /**
   * A tensor with another's values in the layout of {@code like}; the tensor itself if it has it.
   */
  Tensor laidOutLike(Tensor like, Tensor tensor) {
    if (!(like instanceof Image wanted)
        || !(tensor instanceof Image given)
        || given.isLaidOutLike(wanted)) {
      return tensor;
    }
    int features = given.channels().logical() * given.height() * given.width();
    long rowBytes = (long) Float.BYTES * given.images() * features;
    Rows rows = new Rows(buffers.temporary("relayout rows", rowBytes), given.images(), features);
    Image result = Tensors.rebuffered(wanted, buffers.temporary("relayout", wanted.bytes()), 0);
    instructions.add(new Instruction.Flatten(given, rows));
    instructions.add(new Instruction.Unflatten(rows, result));
    return result;
  }
}
