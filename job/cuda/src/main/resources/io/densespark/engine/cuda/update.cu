// The update of the flat parameters, term by term as train.UpdateRule has it: sums and products are rounded one by one, so
// that the bits are those of the processor's update.

__device__ inline float times(float a, float b) { return __fmul_rn(a, b); }
__device__ inline float plus(float a, float b) { return __fadd_rn(a, b); }
__device__ inline float minus(float a, float b) { return __fsub_rn(a, b); }

// engine.DeviceUpdate.Rule in its order.
enum Rule { UNCHANGED, SGD, NESTEROV, ADAM, LARS, LAMB };

// engine.DeviceUpdate.Run
struct Run {
  Index start, end, state, stateStride;
  double l2, trust;
  int rule, divided, clipped;
  float a, b, c, d, e, f;
};

// The last of some runs, which are in order, that does not begin after a parameter.
template <class Run>
__device__ const Run &runOf(const Run *runs, int count, Index i) {
  int first = 0;
  while (count > 1) {
    const int half = count / 2;
    if (runs[first + half].start <= i) first += half, count -= half;
    else count = half;
  }
  return runs[first];
}

// engine.DeviceModel.Range
struct Range {
  Index start, end;
};

__device__ inline bool isWithin(const Range *ranges, int count, Index i) {
  return count && ranges[0].start <= i && i < runOf(ranges, count, i).end;
}

extern "C" __global__ void copyVector(float *target, const float *source, Index count) {
  const Index i = position();
  if (i < count) target[i] = source[i];
}

extern "C" __global__ void addVector(float *sum, const float *values, Index count) {
  const Index i = position();
  if (i < count) sum[i] = plus(sum[i], values[i]);
}

// One block for each range.
extern "C" __global__ void scaleRanges(float *values, const Range *ranges, float factor) {
  const Range range = ranges[blockIdx.x];
  for (Index i = range.start + threadIdx.x; i < range.end; i += THREADS) values[i] = times(values[i], factor);
}

// The squares of a gradient without running statistics, a partial sum for each block.
extern "C" __global__ void __launch_bounds__(THREADS)
    squareGradient(double *partial, const float *gradient, const Range *statistics, int count, Index parameters) {
  double mine = 0;
  for (Index i = position(); i < parameters; i += (Index)gridDim.x * THREADS) {
    const double g = gradient[i];
    if (!isWithin(statistics, count, i)) mine += g * g;
  }
  const double sum = sumOfBlock(mine);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// The factor that shortens the gradient of so many examples to the limit; one block.
extern "C" __global__ void __launch_bounds__(THREADS)
    clipFactor(float *factor, const double *partial, int blocks, double limit, int examples) {
  double mine = 0;
  for (int i = threadIdx.x; i < blocks; i += THREADS) mine += partial[i];
  const double norm = sqrt(sumOfBlock(mine)) / examples;
  if (threadIdx.x == 0) factor[0] = norm > limit ? (float)(limit / norm) : 1;
}

// The mean gradient, shortened; the factor may be absent.
__device__ inline float meanGradient(const Run &run, float g, const float *factor, int examples) {
  if (factor && run.clipped) g = times(g, factor[0]);
  return run.divided ? g / (float)examples : g;
}

// Adam's direction with its moments freed of their bias; the moments become those of the next step.
__device__ inline float direction(const Run &run, float g, float &m, float &v) {
  m = plus(times(run.b, m), times(minus(1, run.b), g));
  v = plus(times(run.c, v), times(times(minus(1, run.c), g), g));
  return m / run.e / plus(sqrtf(v / run.f), run.d);
}

// What the updates of runs that have a ratio are scaled by; a block for each run.
extern "C" __global__ void __launch_bounds__(THREADS) trustRatio(
    double *ratios, const float *parameters, const float *states, const float *gradient, const Run *runs, const float *factor,
    int examples) {
  const Run run = runs[blockIdx.x];
  if (run.trust == 0) return;
  double squares = 0, squaresOfUpdate = 0;
  for (Index i = run.start + threadIdx.x; i < run.end; i += THREADS) {
    const float w = parameters[i];
    float u = meanGradient(run, gradient[i], factor, examples);
    if (run.rule == LAMB) {
      const float *state = states + run.state + (i - run.start);
      float m = state[0], v = state[run.stateStride];
      u = plus(direction(run, u, m, v), times((float)run.l2, w));
    }
    squares += (double)w * w;
    squaresOfUpdate += (double)u * u;
  }
  const double length = sqrt(sumOfBlock(squares)), ofUpdate = sqrt(sumOfBlock(squaresOfUpdate));
  const double divisor = run.rule == LARS ? ofUpdate + run.l2 * length : ofUpdate;
  if (threadIdx.x == 0) ratios[blockIdx.x] = length > 0 && ofUpdate > 0 ? run.trust * length / divisor : 1;
}

// The factor may be absent.
extern "C" __global__ void update(
    float *parameters, float *states, const float *gradient, const Run *runs, int count, const double *ratios,
    const float *factor, int examples, Index parameterCount) {
  const Index i = position();
  if (i >= parameterCount) return;
  const Run &its = runOf(runs, count, i), run = its;
  const float l2 = (float)run.l2, w = parameters[i], ratio = run.trust != 0 ? (float)ratios[&its - runs] : 1;
  float g = meanGradient(run, gradient[i], factor, examples);
  if (l2 != 0 && run.rule != LARS && run.rule != LAMB) g = plus(g, times(l2, w));
  float *state = states + run.state + (i - run.start), *second = state + run.stateStride;
  if (run.rule == SGD) {
    g = times(g, run.a);
  } else if (run.rule == NESTEROV) {
    const float old = times(run.b, *state), fresh = minus(old, times(run.a, g));
    *state = fresh;
    g = plus(old, times(run.c, fresh));
  } else if (run.rule == ADAM) {
    const float m = plus(times(run.b, *state), times(g, minus(1, run.b)));
    const float v = plus(times(run.c, *second), times(times(g, g), minus(1, run.c)));
    *state = m;
    *second = v;
    g = times(m, run.a) / plus(sqrtf(v), run.d);
  } else if (run.rule == LARS) {
    if (run.trust != 0) g = times(ratio, plus(g, times(l2, w)));
    *state = minus(times(run.b, *state), times(run.a, g));
    g = -*state;
  } else if (run.rule == LAMB) {
    g = direction(run, g, *state, *second);
    if (run.trust != 0) g = times(plus(g, times(l2, w)), ratio);
    g = times(g, run.a);
  }
  parameters[i] = minus(w, g);
}

// Moves the average of the parameters towards them.
extern "C" __global__ void follow(float *average, const float *parameters, float weight, Index count) {
  const Index i = position();
  if (i < count) average[i] = plus(average[i], times(weight, minus(parameters[i], average[i])));
}
