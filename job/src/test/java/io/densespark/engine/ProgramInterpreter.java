package io.densespark.engine;

import static io.densespark.engine.InterpreterMemory.channels;
import static io.densespark.engine.InterpreterMemory.eachChannel;

import io.densespark.engine.graph.NormParameters;
import io.densespark.engine.graph.Op;
import io.densespark.engine.graph.Slice;
import io.densespark.engine.plan.Instruction;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardData;
import io.densespark.engine.plan.Instruction.ConvolutionBackwardWeights;
import io.densespark.engine.plan.Instruction.ConvolutionForward;
import io.densespark.engine.plan.Instruction.NormBackward;
import io.densespark.engine.plan.Instruction.NormForward;
import io.densespark.engine.plan.Instruction.NormSite;
import io.densespark.engine.plan.Instruction.PoolBackward;
import io.densespark.engine.plan.Instruction.PoolForward;
import io.densespark.engine.plan.Instruction.Statistics;
import io.densespark.engine.plan.Program;
import io.densespark.engine.plan.Tensor;
import io.densespark.engine.plan.Tensor.Image;
import io.densespark.random.KeyedRandom;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Carries out programs in plain Java and double precision: what each instruction means, as an
 * oracle of lowering. See {@link InterpreterMemory} for what it makes of layouts.
 */
final class ProgramInterpreter {

  /**
   * What a run leaves.
   *
   * @param loss mean over the images; NaN without {@link Instruction.CrossEntropy}
   * @param gradient flat; NaN where nothing was delivered
   * @param output values of the program's output, row by row
   */
  record Result(double loss, double[] gradient, double[] output) {}

  private final Program program;
  private final double[] parameters;
  private final double[] features;
  private final double[] labels;
  private final long noiseSeed;
  private final double[] gradient;
  private final InterpreterMemory memory;
  private final WindowInterpreter windows;
  private double loss = Double.NaN;

  private ProgramInterpreter(
      Program program, double[] parameters, double[] features, double[] labels, long noiseSeed) {
    this.program = program;
    this.parameters = parameters;
    this.features = features;
    this.labels = labels;
    this.noiseSeed = noiseSeed;
    this.gradient = new double[parameters.length];
    Arrays.fill(gradient, Double.NaN);
    this.memory = new InterpreterMemory(program);
    this.windows = new WindowInterpreter(memory, parameters, gradient);
  }

  /**
   * Runs a program once.
   *
   * @param features [images, channels, height, width], row-major
   * @param labels [images, classes]
   */
  static Result run(
      Program program, double[] parameters, double[] features, double[] labels, long noiseSeed) {
    return new ProgramInterpreter(program, parameters, features, labels, noiseSeed).run();
  }

  private Result run() {
    program.constants().forEach(c -> memory.put(c.vector(), c.channels(), channel -> c.value()));
    for (Program.VectorLoad load : program.loads()) {
      boolean log = load.conversion() == Program.Conversion.LOG_STD_TO_VARIANCE;
      memory.put(
          load.vector(),
          load.channels(),
          c -> log ? Math.pow(10, 2 * parameter(load.slice(), c)) : parameter(load.slice(), c));
    }
    program.instructions().forEach(this::execute);
    for (Program.VectorStore store : program.stores()) {
      eachChannel(
          store.channels(),
          (logical, physical) ->
              gradient[at(store.slice(), logical)] = memory.get(store.vector(), physical));
    }
    program.statistics().forEach(this::deliver);
    return new Result(loss, gradient, memory.plane(program.output()));
  }

  /** DL4J's change of running statistics. */
  private void deliver(Program.StatisticsStore store) {
    NormParameters norm = store.norm();
    double rest = 1 - norm.decay();
    eachChannel(
        store.channels(),
        (c, physical) -> {
          double variance = memory.get(store.variance(), physical);
          double spread = parameter(norm.spread(), c);
          gradient[at(norm.mean(), c)] =
              rest * (parameter(norm.mean(), c) - memory.get(store.mean(), physical));
          double before = Math.pow(10, 2 * spread);
          gradient[at(norm.spread(), c)] =
              norm.spreadIsLogStd()
                  ? spread - 0.5 * Math.log10(norm.decay() * before + rest * variance)
                  : rest * (spread - variance);
        });
  }

  private void execute(Instruction instruction) {
    if (instruction instanceof Instruction.LoadInput i) {
      memory.spread(features, i.dst());
    } else if (instruction instanceof ConvolutionForward i) {
      windows.convolve(i);
    } else if (instruction instanceof ConvolutionBackwardData i) {
      windows.convolveBack(i);
    } else if (instruction instanceof ConvolutionBackwardWeights i) {
      windows.convolveWeights(i);
    } else if (instruction instanceof NormForward i) {
      normalise(i);
    } else if (instruction instanceof NormBackward i) {
      normaliseBack(i);
    } else if (instruction instanceof Instruction.ActivateForward i) {
      DoubleUnaryOperator f = ActivationMeaning.function(i.activation());
      each(i.src(), i.src(), i.dst(), (x, same) -> f.applyAsDouble(x));
    } else if (instruction instanceof Instruction.ActivateBackward i) {
      DoubleUnaryOperator slope = ActivationMeaning.slope(i.activation());
      each(i.src(), i.dDst(), i.dSrc(), (x, d) -> slope.applyAsDouble(x) * d);
    } else if (instruction instanceof PoolForward i) {
      windows.pool(i);
    } else if (instruction instanceof PoolBackward i) {
      windows.poolBack(i);
    } else if (instruction instanceof Instruction.Sum i) {
      each(i.left(), i.right(), i.dst(), Double::sum);
    } else if (instruction instanceof Instruction.Product i) {
      each(i.left(), i.right(), i.dst(), (a, b) -> a * b);
    } else if (instruction instanceof Instruction.DropoutMask i) {
      KeyedRandom random = new KeyedRandom(KeyedRandom.mix(noiseSeed + i.stream()));
      double limit = i.keep() * 0x1p31;
      each(
          i.mask(),
          i.mask(),
          i.mask(),
          (a, b) -> random.nextInt(Integer.MAX_VALUE) < limit ? 1 / i.keep() : 0);
    } else if (instruction instanceof Instruction.Zero i) {
      each(i.tensor(), i.tensor(), i.tensor(), (a, b) -> 0);
    } else if (instruction instanceof Instruction.Copy i) {
      copy(i.src(), i.dst());
    } else if (instruction instanceof Instruction.Flatten i) {
      memory.gather(i.src(), memory.plane(i.dst()));
    } else if (instruction instanceof Instruction.Unflatten i) {
      each(i.dst(), i.dst(), i.dst(), (a, b) -> 0);
      memory.spread(memory.plane(i.src()), i.dst());
    } else if (instruction instanceof Instruction.CopyFeatures i) {
      for (int row = 0; row < i.src().rows(); row++) {
        System.arraycopy(
            memory.plane(i.src()),
            row * i.src().features() + i.srcFirst(),
            memory.plane(i.dst()),
            row * i.dst().features() + i.dstFirst(),
            i.count());
      }
    } else if (instruction instanceof Instruction.DenseForward i) {
      dense(i);
    } else if (instruction instanceof Instruction.DenseBackwardData i) {
      denseBack(i);
    } else if (instruction instanceof Instruction.DenseBackwardWeights i) {
      denseWeights(i);
    } else if (instruction instanceof Instruction.Softmax i) {
      softmax(i);
    } else if (instruction instanceof Instruction.CrossEntropy i) {
      crossEntropy(i);
    } else {
      throw new IllegalStateException("no meaning of " + instruction);
    }
  }

  // Batch norms, channel by channel: those in gaps are normalised too, and stay there.

  private void normalise(NormForward n) {
    for (int c = 0; c < channels(n.src()); c++) {
      double[] x = memory.channel(n.src(), c);
      if (n.statistics() == Statistics.COMPUTED) {
        double mean = Arrays.stream(x).average().orElseThrow();
        memory.set(n.site().mean(), c, mean);
        memory.set(
            n.site().variance(),
            c,
            Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
      }
      double[] y = new double[x.length];
      for (int p = 0; p < x.length; p++) {
        double value = normalised(n.site(), c, x[p]);
        y[p] = n.site().relu() && value < 0 ? 0 : value;
      }
      memory.setChannel(n.dst(), c, y);
    }
  }

  private double normalised(NormSite site, int c, double x) {
    return memory.get(site.gamma(), c) * (x - memory.get(site.mean(), c)) * inverse(site, c)
        + memory.get(site.beta(), c);
  }

  private double inverse(NormSite site, int c) {
    return 1 / Math.sqrt(memory.get(site.variance(), c) + site.epsilon());
  }

  private void normaliseBack(NormBackward n) {
    NormSite site = n.site();
    for (int c = 0; c < channels(n.src()); c++) {
      double[] x = memory.channel(n.src(), c);
      double[] d = memory.channel(n.dDst(), c).clone();
      double mean = memory.get(site.mean(), c);
      double inverse = inverse(site, c);
      double dGamma = 0;
      double dBeta = 0;
      for (int p = 0; p < x.length; p++) {
        d[p] = site.relu() && normalised(site, c, x[p]) <= 0 ? 0 : d[p];
        dBeta += d[p];
        dGamma += d[p] * (x[p] - mean) * inverse;
      }
      memory.set(n.dGamma(), c, dGamma);
      memory.set(n.dBeta(), c, dBeta);
      for (int p = 0; p < x.length; p++) {
        double through = (dBeta + (x[p] - mean) * inverse * dGamma) / x.length;
        d[p] = memory.get(site.gamma(), c) * inverse * (d[p] - through);
      }
      memory.setChannel(n.dSrc(), c, d);
    }
  }

  /** dst = f(left, right) for every value, gaps included; dst may be one of the two. */
  private void each(Tensor left, Tensor right, Tensor dst, DoubleBinaryOperator f) {
    List<double[]> lefts = memory.planes(left);
    List<double[]> rights = memory.planes(right);
    List<double[]> targets = memory.planes(dst);
    for (int c = 0; c < targets.size(); c++) {
      for (int p = 0; p < targets.get(c).length; p++) {
        targets.get(c)[p] = f.applyAsDouble(lefts.get(c)[p], rights.get(c)[p]);
      }
    }
  }

  // Rows.

  private void copy(Tensor src, Tensor dst) {
    if (src instanceof Image from && dst instanceof Image to && from.width() != to.width()) {
      for (int c = 0; c < from.channels().physical(); c++) {
        double[] out = memory.plane(to, c);
        double[] in = memory.plane(from, c);
        Image one = from.width() < to.width() ? from : to;
        Image row = one == from ? to : from;
        int together = one.images() / row.images();
        for (int p = 0; p < one.images() * one.height() * one.width(); p++) {
          int image = p / (one.height() * one.width());
          int y = p / one.width() % one.height();
          int x = image % together * (one.width() + 1) + p % one.width();
          int q = (image / together * row.height() + y) * row.width() + x;
          out[one == to ? p : q] = in[one == to ? q : p];
        }
      }
    } else {
      each(src, src, dst, (a, b) -> a);
    }
  }

  private void dense(Instruction.DenseForward d) {
    Op.Dense op = d.op();
    for (int row = 0; row < d.src().rows(); row++) {
      for (int o = 0; o < op.outFeatures(); o++) {
        int out = o;
        double sum = op.bias().map(bias -> parameter(bias, out)).orElse(0.0);
        for (int i = 0; i < op.inFeatures(); i++) {
          sum +=
              parameter(op.weights(), o * op.inFeatures() + i)
                  * memory.plane(d.src())[row * op.inFeatures() + i];
        }
        memory.plane(d.dst())[row * op.outFeatures() + o] = sum;
      }
    }
  }

  private void denseBack(Instruction.DenseBackwardData d) {
    Op.Dense op = d.op();
    for (int row = 0; row < d.dSrc().rows(); row++) {
      for (int i = 0; i < op.inFeatures(); i++) {
        double sum = 0;
        for (int o = 0; o < op.outFeatures(); o++) {
          sum +=
              parameter(op.weights(), o * op.inFeatures() + i)
                  * memory.plane(d.dDst())[row * op.outFeatures() + o];
        }
        memory.plane(d.dSrc())[row * op.inFeatures() + i] = sum;
      }
    }
  }

  private void denseWeights(Instruction.DenseBackwardWeights d) {
    Op.Dense op = d.op();
    for (int o = 0; o < op.outFeatures(); o++) {
      double bias = 0;
      double[] sums = new double[op.inFeatures()];
      for (int row = 0; row < d.src().rows(); row++) {
        double dDst = memory.plane(d.dDst())[row * op.outFeatures() + o];
        bias += dDst;
        for (int i = 0; i < sums.length; i++) {
          sums[i] += dDst * memory.plane(d.src())[row * op.inFeatures() + i];
        }
      }
      System.arraycopy(sums, 0, gradient, at(op.weights(), o * op.inFeatures()), sums.length);
      if (op.bias().isPresent()) {
        gradient[at(op.bias().get(), o)] = bias;
      }
    }
  }

  private void softmax(Instruction.Softmax s) {
    int classes = s.logits().features();
    for (int start = 0; start < s.logits().rows() * classes; start += classes) {
      double[] row = Arrays.copyOfRange(memory.plane(s.logits()), start, start + classes);
      double largest = Arrays.stream(row).max().orElseThrow();
      double sum = Arrays.stream(row).map(x -> Math.exp(x - largest)).sum();
      for (int k = 0; k < classes; k++) {
        memory.plane(s.probabilities())[start + k] = Math.exp(row[k] - largest) / sum;
      }
    }
  }

  /** The gradient is summed over examples, the loss averaged; the loss alone clips. */
  private void crossEntropy(Instruction.CrossEntropy e) {
    int classes = e.probabilities().features();
    double[] weights = e.op().classWeights().stream().mapToDouble(w -> w).toArray();
    double sum = 0;
    for (int start = 0; start < e.probabilities().rows() * classes; start += classes) {
      double mass = weights.length == 0 ? 1 : 0;
      double[] wanted = Arrays.copyOfRange(labels, start, start + classes);
      for (int k = 0; k < weights.length; k++) {
        wanted[k] *= weights[k];
        mass += wanted[k];
      }
      for (int k = 0; k < classes; k++) {
        double p = memory.plane(e.probabilities())[start + k];
        double clipped = Math.min(Math.max(p, e.op().clip()), 1 - e.op().clip());
        sum -= wanted[k] * Math.log(clipped);
        memory.plane(e.dLogits())[start + k] = p * mass - wanted[k];
      }
    }
    loss = sum / e.probabilities().rows();
  }

  private double parameter(Slice slice, int index) {
    return parameters[at(slice, index)];
  }

  private static int at(Slice slice, int index) {
    return Math.toIntExact(slice.offset() + index);
  }
}
