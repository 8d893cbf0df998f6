// What is done value by value, to windows by pooling, and to rows by the loss.

// What differs from call to call.
struct StepInputs {
  Index areBytes;
  const void *features;
  const float *labels;
  Index dropoutKeys[1];  // as many as there are dropouts
};

// Features [images, channels, height, width], bytes or floats, to an image.
extern "C" __global__ void loadInput(
    Values dst, const StepInputs *inputs, const float *byteDivisor, int channels, Index images, Index pixels) {
  const Index i = position();
  if (i >= channels * images * pixels) return;
  const Index from = (i / pixels % images * channels + i / pixels / images) * pixels + i % pixels;
  dst.set(i, inputs->areBytes ? ((const unsigned char *)inputs->features)[from] / byteDivisor[0]
                              : ((const float *)inputs->features)[from]);
}

extern "C" __global__ void fill(Values dst, float value, Index count) {
  const Index first = RUN * position();
  if (first >= count) return;
  const float run[RUN] = {value, value, value, value};
  dst.write(first, 1, count - first, run);
}

extern "C" __global__ void copy(Values dst, Values src, Index count) {
  combine(dst, src, src, count, [](float x, float) { return x; });
}

extern "C" __global__ void add(Values dst, Values left, Values right, Index count) {
  combine(dst, left, right, count, [](float l, float r) { return l + r; });
}

extern "C" __global__ void product(Values dst, Values left, Values right, Index count) {
  combine(dst, left, right, count, [](float l, float r) { return l * r; });
}

extern "C" __global__ void activate(Values dst, Values src, int function, float alpha, Index count) {
  combine(dst, src, src, count, [=](float x, float) { return activated(function, alpha, x); });
}

extern "C" __global__ void activateBack(
    Values dSrc, Values src, Values dDst, int function, float alpha, Index count) {
  combine(dSrc, src, dDst, count, [=](float x, float d) { return slope(function, alpha, x) * d; });
}

// The finaliser of MurmurHash3 over the position and a key of 64 bits; hashes below the threshold keep.
extern "C" __global__ void dropoutMask(Values mask, const StepInputs *inputs, int dropout, int threshold, float kept, Index count) {
  const Index i = position();
  if (i >= count) return;
  const unsigned long long key = inputs->dropoutKeys[dropout];
  unsigned h = (unsigned)i ^ (unsigned)key;
  h *= 0x85EBCA6Bu;
  h ^= h >> 13;
  h ^= (unsigned)(key >> 32);
  h *= 0xC2B2AE35u;
  h ^= h >> 16;
  h *= 0x85EBCA6Bu;
  h ^= h >> 13;
  mask.set(i, (int)h < threshold ? kept : 0);
}

// Images to rows in the order channels, height, width, and back.
extern "C" __global__ void flatten(float *rows, const Pixel *image, int channels, Index images, Index pixels) {
  const Index i = position();
  if (i < channels * images * pixels)
    rows[(i / pixels % images * channels + i / pixels / images) * pixels + i % pixels] = image[i];
}

extern "C" __global__ void unflatten(Pixel *image, const float *rows, int channels, Index images, Index pixels) {
  const Index i = position();
  if (i < channels * images * pixels)
    image[i] = rows[(i / pixels % images * channels + i / pixels / images) * pixels + i % pixels];
}

// Columns of rows.
extern "C" __global__ void copyFeatures(
    float *dst, const float *src, int rows, int count, int dstFirst, int dstFeatures, int srcFirst, int srcFeatures) {
  const Index i = position();
  if (i < (Index)rows * count)
    dst[i / count * dstFeatures + dstFirst + i % count] = src[i / count * srcFeatures + srcFirst + i % count];
}

// plan.Op.Pool.Kind in its order.
enum PoolKind { MAX, MEAN_INSIDE, MEAN_PADDED };

// How many positions of a window that starts at `start` lie inside the image.
__device__ inline int inside(int start, int kernel, int dilation, int size) {
  int count = 0;
  for (int k = 0; k < kernel; k++) count += start + k * dilation >= 0 && start + k * dilation < size;
  return count;
}

__device__ inline float poolDivisor(const Window &w, int kind, int row, int column) {
  if (kind == MEAN_PADDED) return w.kernelHeight * w.kernelWidth;
  return inside(row * w.strideHeight - w.padTop, w.kernelHeight, w.dilationHeight, w.srcHeight) *
         inside(column * w.strideWidth - w.padLeft, w.kernelWidth, w.dilationWidth, w.srcWidth);
}

// A thread for each output. Origins: for a maximum, its pixel within the channel; absent where nobody goes back.
extern "C" __global__ void pool(Window w, Pixel *dst, const Pixel *src, int *origins, int kind) {
  const Index i = position(), pixels = (Index)w.images * w.dstHeight * w.dstWidth;
  if (i >= pixels * w.dstChannels) return;
  const int column = i % w.dstWidth, row = i / w.dstWidth % w.dstHeight;
  const Index image = i % pixels / w.dstWidth / w.dstHeight;
  const Pixel *channel = src + i / pixels * w.images * w.srcHeight * w.srcWidth;
  Index first = -1;
  float result = 0;
  for (int ky = 0; ky < w.kernelHeight; ky++) {
    const int y = row * w.strideHeight - w.padTop + ky * w.dilationHeight;
    if (y < 0 || y >= w.srcHeight) continue;
    for (int kx = 0; kx < w.kernelWidth; kx++) {
      const int x = column * w.strideWidth - w.padLeft + kx * w.dilationWidth;
      if (x < 0 || x >= w.srcWidth) continue;
      const Index from = (image * w.srcHeight + y) * w.srcWidth + x;
      if (kind != MAX) {
        result += channel[from];
      } else if (first < 0 || channel[from] > result) {
        first = from;
        result = channel[from];
      }
    }
  }
  dst[i] = kind == MAX ? result : result / poolDivisor(w, kind, row, column);
  if (origins) origins[i] = first;
}

// Ceiling of a quotient with a positive divisor.
__device__ inline int ceiling(int a, int b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// A thread for each input, which gathers from the windows that see it.
extern "C" __global__ void poolBack(Window w, Pixel *dSrc, const Pixel *dDst, const int *origins, int kind) {
  const Index i = position(), pixels = (Index)w.images * w.srcHeight * w.srcWidth;
  if (i >= pixels * w.srcChannels) return;
  const int x = i % w.srcWidth + w.padLeft, y = i / w.srcWidth % w.srcHeight + w.padTop;
  const Index image = i % pixels / w.srcWidth / w.srcHeight;
  const Index channel = i / pixels * w.images * w.dstHeight * w.dstWidth;
  const int firstRow = ceiling(y - (w.kernelHeight - 1) * w.dilationHeight, w.strideHeight);
  const int firstColumn = ceiling(x - (w.kernelWidth - 1) * w.dilationWidth, w.strideWidth);
  float sum = 0;
  for (int row = firstRow > 0 ? firstRow : 0; row < w.dstHeight && row * w.strideHeight <= y; row++) {
    if ((y - row * w.strideHeight) % w.dilationHeight != 0) continue;
    for (int column = firstColumn > 0 ? firstColumn : 0; column < w.dstWidth && column * w.strideWidth <= x; column++) {
      if ((x - column * w.strideWidth) % w.dilationWidth != 0) continue;
      const Index at = channel + (image * w.dstHeight + row) * w.dstWidth + column;
      if (kind != MAX) {
        sum += dDst[at] / poolDivisor(w, kind, row, column);
      } else if (origins[at] == i % pixels) {
        sum += dDst[at];
      }
    }
  }
  dSrc[i] = sum;
}

// A thread for each row.
extern "C" __global__ void softmax(float *probabilities, const float *logits, int rows, int classes) {
  const Index row = position();
  if (row >= rows) return;
  logits += row * classes;
  probabilities += row * classes;
  float largest = logits[0], sum = 0;
  for (int k = 1; k < classes; k++) largest = fmaxf(largest, logits[k]);
  for (int k = 0; k < classes; k++) sum += probabilities[k] = expf(logits[k] - largest);
  for (int k = 0; k < classes; k++) probabilities[k] /= sum;
}

// Cross entropy of every row and its gradient by the logits; the loss alone clips. Class weights may be absent.
extern "C" __global__ void crossEntropy(
    float *dLogits, double *losses, const float *probabilities, const StepInputs *inputs, const float *classWeights, double clip,
    int rows, int classes) {
  const Index row = position();
  if (row >= rows) return;
  const float *labels = inputs->labels;
  float mass = classWeights ? 0 : 1;
  double loss = 0;
  for (int k = 0; k < classes; k++) {
    const float label = labels[row * classes + k] * (classWeights ? classWeights[k] : 1);
    if (classWeights) mass += label;
    const double p = probabilities[row * classes + k];
    if (label != 0) loss -= label * log(p < clip ? clip : p > 1 - clip ? 1 - clip : p);
  }
  for (int k = 0; k < classes; k++) {
    const float label = labels[row * classes + k] * (classWeights ? classWeights[k] : 1);
    dLogits[row * classes + k] = probabilities[row * classes + k] * mass - label;
  }
  losses[row] = loss;
}

// The mean of the rows' losses; one block.
extern "C" __global__ void __launch_bounds__(THREADS) meanLoss(double *mean, const double *losses, int rows) {
  double mine = 0;
  for (int row = threadIdx.x; row < rows; row += THREADS) mine += losses[row];
  const double sum = sumOfBlock(mine);
  if (threadIdx.x == 0) mean[0] = sum / rows;
}
