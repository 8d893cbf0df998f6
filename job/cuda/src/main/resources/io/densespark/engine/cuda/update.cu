// The update of the flat parameters, term by term as train.UpdateRule has it: sums and products are rounded one by one, so
// that the bits are those of the processor's update.

__device__ inline float times(float a, float b) { return __fmul_rn(a, b); }
__device__ inline float plus(float a, float b) { return __fadd_rn(a, b); }
__device__ inline float minus(float a, float b) { return __fsub_rn(a, b); }

// engine.DeviceUpdate.Rule in its order.
enum Rule { UNCHANGED, SGD, NESTEROV, ADAM };

// engine.DeviceUpdate.Run
struct Run {
  Index start, end, state, stateStride;
  int rule, divided, clipped;
  float l2, a, b, c, d;
};

// The run that a parameter belongs to: runs follow one another.
__device__ inline const Run &runOf(const Run *runs, int count, Index i) {
  int first = 0;
  while (count > 1) {
    const int half = count / 2;
    if (runs[first + half].start <= i) first += half, count -= half;
    else count = half;
  }
  return runs[first];
}

// What is squared for the norm of the gradient, a partial sum for each block.
extern "C" __global__ void __launch_bounds__(THREADS)
    squareGradient(double *partial, const float *gradient, const Run *runs, int count, Index parameters) {
  double mine = 0;
  for (Index i = position(); i < parameters; i += (Index)gridDim.x * THREADS) {
    const double g = gradient[i];
    if (runOf(runs, count, i).clipped) mine += g * g;
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

// The factor may be absent.
extern "C" __global__ void update(
    float *parameters, float *states, const float *gradient, const Run *runs, int count, const float *factor, int examples,
    Index parameterCount) {
  const Index i = position();
  if (i >= parameterCount) return;
  const Run run = runOf(runs, count, i);
  float g = gradient[i];
  if (factor && run.clipped) g = times(g, factor[0]);
  if (run.divided) g /= (float)examples;
  if (run.l2 != 0) g = plus(g, times(run.l2, parameters[i]));
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
  }
  parameters[i] = minus(parameters[i], g);
}

// Moves the average of the parameters towards them.
extern "C" __global__ void follow(float *average, const float *parameters, float weight, Index count) {
  const Index i = position();
  if (i < count) average[i] = plus(average[i], times(weight, minus(parameters[i], average[i])));
}
