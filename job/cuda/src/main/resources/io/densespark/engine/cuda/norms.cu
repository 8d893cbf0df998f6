// Batch norm, one block a channel. Forward and backward share the arithmetic of a value, so that both see the same signs.

struct Norm {
  float *mean, *variance;
  const float *gamma, *beta;
  float epsilon;
  int relu;
};

__device__ inline float inverseDeviation(float variance, float epsilon) { return 1 / sqrtf(variance + epsilon); }

__device__ inline float normalised(float centred, float scale, float shift) { return fmaf(centred, scale, shift); }

// Mean and biased variance of the minibatch, where they are computed here; else they are read.
extern "C" __global__ void __launch_bounds__(THREADS)
    normalise(Norm norm, Values dst, Values src, Channels shape, int computed) {
  const int c = blockIdx.x;
  if (computed) {
    const float mean = sumOfBlock(sumOver(src, shape, c, [](float x) { return x; })) / shape.count;
    const float squares = sumOfBlock(sumOver(src, shape, c, [=](float x) { return (x - mean) * (x - mean); }));
    if (threadIdx.x == 0) {
      norm.mean[c] = mean;
      norm.variance[c] = squares / shape.count;
    }
    __syncthreads();
  }
  const float mean = norm.mean[c], shift = norm.beta[c];
  const float scale = norm.gamma[c] * inverseDeviation(norm.variance[c], norm.epsilon);
  eachRun(shape, c, [&](Index first, Index left) {
    float run[RUN];
    src.read(first, shape.pixelStride, left, run);
    for (int i = 0; i < RUN && i < left; i++) {
      const float y = normalised(run[i] - mean, scale, shift);
      run[i] = norm.relu && y < 0 ? 0 : y;
    }
    dst.write(first, shape.pixelStride, left, run);
  });
}

// dSrc may be dDst.
extern "C" __global__ void __launch_bounds__(THREADS) normaliseBack(
    Norm norm, Values dSrc, Values src, Values dDst, float *dGamma, float *dBeta, Channels shape) {
  const int c = blockIdx.x;
  const float mean = norm.mean[c], shift = norm.beta[c];
  const float inverse = inverseDeviation(norm.variance[c], norm.epsilon), scale = norm.gamma[c] * inverse;
  // The centred values of a run, and the gradients of what the norm made of them.
  auto read = [&](Index first, Index left, float (&centred)[RUN], float (&d)[RUN]) {
    src.read(first, shape.pixelStride, left, centred);
    dDst.read(first, shape.pixelStride, left, d);
    for (int i = 0; i < RUN && i < left; i++) {
      centred[i] -= mean;
      if (norm.relu && !(normalised(centred[i], scale, shift) > 0)) d[i] = 0;
    }
  };
  float toGamma = 0, toBeta = 0;
  eachRun(shape, c, [&](Index first, Index left) {
    float centred[RUN], d[RUN];
    read(first, left, centred, d);
    for (int i = 0; i < RUN && i < left; i++) {
      toBeta += d[i];
      toGamma = fmaf(d[i], centred[i] * inverse, toGamma);
    }
  });
  toBeta = sumOfBlock(toBeta);
  toGamma = sumOfBlock(toGamma);
  if (threadIdx.x == 0) {
    dGamma[c] = toGamma;
    dBeta[c] = toBeta;
  }
  eachRun(shape, c, [&](Index first, Index left) {
    float centred[RUN], d[RUN];
    read(first, left, centred, d);
    for (int i = 0; i < RUN && i < left; i++)
      d[i] = scale * (d[i] - fmaf(centred[i] * inverse, toGamma, toBeta) / shape.count);
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
