// Batch norm, a block for each slice of a channel. Forward and backward share the arithmetic of a value, so that both see the same signs.

struct Norm {
  float *mean, *variance;
  const float *gamma, *beta;
  float epsilon;
  int relu;
};

__device__ inline float inverseDeviation(float variance, float epsilon) { return 1 / sqrtf(variance + epsilon); }

__device__ inline float normalised(float centred, float scale, float shift) { return fmaf(centred, scale, shift); }

// Of a slice of a channel: the mean and the sum of squares around it.
struct Spread {
  float mean, squares;
};

extern "C" __global__ void __launch_bounds__(THREADS) spread(Spread *slices, Values src, Channels shape) {
  const float mean = sumOfSlice(src, shape, [](float x) { return x; }) / shape.ofSlice(blockIdx.y);
  const float squares = sumOfSlice(src, shape, [=](float x) { return (x - mean) * (x - mean); });
  if (threadIdx.x == 0) slices[ofBlock()] = {mean, squares};
}

// Of the block's whole channel (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
// variances", 1979).
__device__ inline Spread whole(const Spread *slices, const Channels &shape) {
  float sum = 0, squares = 0;
  for (int s = 0; s < gridDim.y; s++) sum = fmaf(slices[s * gridDim.x + blockIdx.x].mean, shape.ofSlice(s), sum);
  const float mean = sum / shape.count;
  for (int s = 0; s < gridDim.y; s++) {
    const Spread slice = slices[s * gridDim.x + blockIdx.x];
    squares += fmaf((slice.mean - mean) * (slice.mean - mean), shape.ofSlice(s), slice.squares);
  }
  return {mean, squares};
}

// Mean and biased variance of the minibatch follow from its slices, where these are given; else they are read.
extern "C" __global__ void __launch_bounds__(THREADS)
    normalise(Norm norm, Values dst, Values src, Channels shape, const Spread *slices) {
  const int c = blockIdx.x;
  float mean, variance;
  if (slices) {
    const Spread channel = whole(slices, shape);
    mean = channel.mean;
    variance = channel.squares / shape.count;
    if (blockIdx.y == 0 && threadIdx.x == 0) {
      norm.mean[c] = mean;
      norm.variance[c] = variance;
    }
  } else {
    mean = norm.mean[c];
    variance = norm.variance[c];
  }
  const float scale = norm.gamma[c] * inverseDeviation(variance, norm.epsilon), shift = norm.beta[c];
  eachRun(shape, [&](Index first, Index left) {
    float run[RUN];
    src.read(first, shape.pixelStride, left, run);
    for (int i = 0; i < RUN && i < left; i++) {
      const float y = normalised(run[i] - mean, scale, shift);
      run[i] = norm.relu && y < 0 ? 0 : y;
    }
    dst.write(first, shape.pixelStride, left, run);
  });
}

// A channel on the way back.
struct Back {
  float mean, inverse, scale, shift;
  int relu;
  Channels shape;
  Values src, dDst;
  __device__ Back(const Norm &norm, const Values &src, const Values &dDst, const Channels &shape)
      : mean(norm.mean[blockIdx.x]),
        inverse(inverseDeviation(norm.variance[blockIdx.x], norm.epsilon)),
        scale(norm.gamma[blockIdx.x] * inverse),
        shift(norm.beta[blockIdx.x]),
        relu(norm.relu),
        shape(shape),
        src(src),
        dDst(dDst) {}
  // Values of unit variance and the gradients of what the norm made of them.
  __device__ void read(Index first, Index left, float (&unit)[RUN], float (&d)[RUN]) const {
    src.read(first, shape.pixelStride, left, unit);
    dDst.read(first, shape.pixelStride, left, d);
    for (int i = 0; i < RUN && i < left; i++) {
      const float centred = unit[i] - mean;
      if (relu && !(normalised(centred, scale, shift) > 0)) d[i] = 0;
      unit[i] = centred * inverse;
    }
  }
};

// The gradients of gamma and beta from a slice of a channel, or all of it.
struct ScaleShift {
  float gamma, beta;
};

extern "C" __global__ void __launch_bounds__(THREADS)
    scaleShiftBack(Norm norm, ScaleShift *slices, Values src, Values dDst, Channels shape) {
  const Back channel(norm, src, dDst, shape);
  ScaleShift sum = {0, 0};
  eachRun(shape, [&](Index first, Index left) {
    float unit[RUN], d[RUN];
    channel.read(first, left, unit, d);
    for (int i = 0; i < RUN && i < left; i++) {
      sum.beta += d[i];
      sum.gamma = fmaf(d[i], unit[i], sum.gamma);
    }
  });
  sum.beta = sumOfBlock(sum.beta);
  sum.gamma = sumOfBlock(sum.gamma);
  if (threadIdx.x == 0) slices[ofBlock()] = sum;
}

// The gradient of the input, alone or added to what lies in dSrc, which may be dDst.
extern "C" __global__ void __launch_bounds__(THREADS) normaliseBack(
    Norm norm, Values dSrc, Values src, Values dDst, float *dGamma, float *dBeta, Channels shape, const ScaleShift *slices,
    int adds) {
  const Back channel(norm, src, dDst, shape);
  ScaleShift sum = {0, 0};
  for (int s = 0; s < gridDim.y; s++) {
    sum.gamma += slices[s * gridDim.x + blockIdx.x].gamma;
    sum.beta += slices[s * gridDim.x + blockIdx.x].beta;
  }
  if (blockIdx.y == 0 && threadIdx.x == 0) {
    dGamma[blockIdx.x] = sum.gamma;
    dBeta[blockIdx.x] = sum.beta;
  }
  const ScaleShift mean = {sum.gamma / shape.count, sum.beta / shape.count};
  eachRun(shape, [&](Index first, Index left) {
    float unit[RUN], d[RUN], before[RUN] = {};
    channel.read(first, left, unit, d);
    if (adds) dSrc.read(first, shape.pixelStride, left, before);
    for (int i = 0; i < RUN && i < left; i++)
      d[i] = before[i] + channel.scale * (d[i] - fmaf(unit[i], mean.gamma, mean.beta));
    dSrc.write(first, shape.pixelStride, left, d);
  });
}

// A batch norm with running statistics behind a convolution, as a factor and a shift. Offsets are into the parameters;
// negative ones stand for the constants.
struct Folded {
  Index mean, spread, gamma, beta, bias;
  double epsilon;
  float lockedGamma, lockedBeta;
  int spreadIsLogStd, channels;
};

__device__ inline double varianceOf(double spread, int isLogStd) { return isLogStd ? pow(10.0, 2 * spread) : spread; }

extern "C" __global__ void foldNorm(Folded f, float *factor, float *shift, const float *parameters) {
  const int c = position();
  if (c >= f.channels) return;
  const double gamma = f.gamma < 0 ? f.lockedGamma : parameters[f.gamma + c];
  const double beta = f.beta < 0 ? f.lockedBeta : parameters[f.beta + c];
  const double bias = f.bias < 0 ? 0 : parameters[f.bias + c];
  const double scale = gamma / sqrt(varianceOf(parameters[f.spread + c], f.spreadIsLogStd) + f.epsilon);
  factor[c] = scale;
  shift[c] = beta + (bias - parameters[f.mean + c]) * scale;
}

// Vectors of one number a channel and where they lie in the flat parameters or the flat gradient; one block each.
struct Transfer {
  float *vector;
  Index slice;
  int count, spreadIsLogStd;
};

extern "C" __global__ void loadVectors(const Transfer *transfers, const float *parameters) {
  const Transfer t = transfers[blockIdx.x];
  for (int c = threadIdx.x; c < t.count; c += blockDim.x) {
    const float value = parameters[t.slice + c];
    t.vector[c] = t.spreadIsLogStd ? (float)varianceOf(value, 1) : value;
  }
}

extern "C" __global__ void storeVectors(const Transfer *transfers, float *gradient) {
  const Transfer t = transfers[blockIdx.x];
  for (int c = threadIdx.x; c < t.count; c += blockDim.x) gradient[t.slice + c] = t.vector[c];
}

// DL4J's change of running statistics, delivered as a gradient.
struct Moments {
  const float *mean, *variance;
  Index meanSlice, spreadSlice;
  double decay;
  int count, spreadIsLogStd;
};

extern "C" __global__ void deliverStatistics(const Moments *all, const float *parameters, float *gradient) {
  const Moments m = all[blockIdx.x];
  for (int c = threadIdx.x; c < m.count; c += blockDim.x) {
    const double rest = 1 - m.decay, variance = m.variance[c], spread = parameters[m.spreadSlice + c];
    gradient[m.meanSlice + c] = rest * ((double)parameters[m.meanSlice + c] - m.mean[c]);
    const double before = varianceOf(spread, m.spreadIsLogStd);
    gradient[m.spreadSlice + c] = m.spreadIsLogStd ? 0.5 * log10(before / (m.decay * before + rest * variance))
                                                   : rest * (before - variance);
  }
}
