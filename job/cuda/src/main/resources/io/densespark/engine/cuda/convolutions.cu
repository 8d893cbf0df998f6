// Convolutions as matrix products; the host sees to it that pixels are fewer than 2^30.

__device__ inline int srcPixels(const Window &w) { return w.images * w.srcHeight * w.srcWidth; }
__device__ inline int dstPixels(const Window &w) { return w.images * w.dstHeight * w.dstWidth; }

// A kernel's position among those of all input or output channels.
struct Weight {
  int channel, ky, kx;
};

__device__ inline Weight weightOf(const Window &w, int k) {
  const int kernel = w.kernelHeight * w.kernelWidth;
  if (kernel == 1) return {k, 0, 0};
  const int channel = k / kernel, rest = k - channel * kernel, ky = rest / w.kernelWidth;
  return {channel, ky, rest - ky * w.kernelWidth};
}

// Where an image begins within a channel, and a position in it.
struct Spot {
  int image, y, x;
};

// What the kernel's first position sees for an output pixel.
__device__ inline Spot seenBy(const Window &w, int pixel) {
  const int line = pixel / w.dstWidth, column = pixel - line * w.dstWidth;
  const int image = line / w.dstHeight, row = line - image * w.dstHeight;
  return {image * w.srcHeight * w.srcWidth, row * w.strideHeight - w.padTop, column * w.strideWidth - w.padLeft};
}

// The value of a channel that a kernel's position sees; 0 in the padding.
__device__ inline float seen(const Window &w, const Pixel *channel, const Spot &spot, int ky, int kx) {
  const int y = spot.y + ky * w.dilationHeight, x = spot.x + kx * w.dilationWidth;
  if (y < 0 || y >= w.srcHeight || x < 0 || x >= w.srcWidth) return 0;
  return channel[spot.image + y * w.srcWidth + x];
}

// m: output channel, n: output pixel, k: (input channel, ky, kx), as the weights lie.
struct Forward {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = false;
  typedef Spot Column;
  Window w;
  Pixel *dst;
  const Pixel *src;
  const float *weights, *factor, *shift;
  int function;
  float alpha;
  int m, n, k;
  __device__ float a(int o, int i) const { return weights[(Index)o * k + i]; }
  __device__ Column column(int pixel) const { return seenBy(w, pixel); }
  __device__ float b(int i, const Column &spot) const {
    const Weight at = weightOf(w, i);
    return seen(w, src + (Index)at.channel * srcPixels(w), spot, at.ky, at.kx);
  }
  __device__ void store(int o, int pixel, float sum) const {
    const float scaled = fmaf(sum, factor ? factor[o] : 1, shift ? shift[o] : 0);
    dst[(Index)o * n + pixel] = activated(function, alpha, scaled);
  }
};

// dst = activation(factor * (weights * src) + shift); factor and shift may be absent.
extern "C" __global__ void __launch_bounds__(THREADS) convolve(
    Window w, Pixel *dst, const Pixel *src, const float *weights, const float *factor, const float *shift, int function,
    float alpha) {
  const int k = w.srcChannels * w.kernelHeight * w.kernelWidth;
  const Forward p = {w, dst, src, weights, factor, shift, function, alpha, w.dstChannels, dstPixels(w), k};
  multiply<OfConvolutions>(p, 0, k);
}

// Whether a distance is so many strides.
__device__ inline bool strides(int distance, int stride, int size, int &count) {
  count = stride == 1 ? distance : distance / stride;
  return distance >= 0 && count < size && count * stride == distance;
}

// m: input channel, n: input pixel, k: (output channel, ky, kx).
struct BackwardData {
  static constexpr bool A_ALONG_K = false, B_ALONG_K = false;
  typedef Spot Column;
  Window w;
  Pixel *dSrc;
  const Pixel *dDst;
  const float *weights;
  int m, n;
  __device__ float a(int i, int k) const {
    const int kernel = w.kernelHeight * w.kernelWidth, o = kernel == 1 ? k : k / kernel;
    return weights[((Index)o * w.srcChannels + i) * kernel + k - o * kernel];
  }
  __device__ Column column(int pixel) const {
    const int line = pixel / w.srcWidth, image = line / w.srcHeight;
    return {image * w.dstHeight * w.dstWidth, line - image * w.srcHeight + w.padTop, pixel - line * w.srcWidth + w.padLeft};
  }
  __device__ float b(int k, const Column &spot) const {
    const Weight at = weightOf(w, k);
    int row, column;
    if (!strides(spot.y - at.ky * w.dilationHeight, w.strideHeight, w.dstHeight, row)) return 0;
    if (!strides(spot.x - at.kx * w.dilationWidth, w.strideWidth, w.dstWidth, column)) return 0;
    return dDst[(Index)at.channel * dstPixels(w) + spot.image + row * w.dstWidth + column];
  }
  __device__ void store(int i, int pixel, float sum) const { dSrc[(Index)i * n + pixel] = sum; }
};

extern "C" __global__ void __launch_bounds__(THREADS)
    convolveBack(Window w, Pixel *dSrc, const Pixel *dDst, const float *weights) {
  const BackwardData p = {w, dSrc, dDst, weights, w.srcChannels, srcPixels(w)};
  multiply<OfConvolutions>(p, 0, w.dstChannels * w.kernelHeight * w.kernelWidth);
}

// m: output channel, n: (input channel, ky, kx), k: output pixel.
struct BackwardWeights {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = true;
  typedef Weight Column;
  Window w;
  float *partial;
  const Pixel *src, *dDst;
  int m, n;
  __device__ float a(int o, int pixel) const { return dDst[(Index)o * dstPixels(w) + pixel]; }
  __device__ Column column(int weight) const { return weightOf(w, weight); }
  __device__ float b(int pixel, const Column &at) const {
    return seen(w, src + (Index)at.channel * srcPixels(w), seenBy(w, pixel), at.ky, at.kx);
  }
  __device__ void store(int o, int weight, float sum) const { partial[((Index)blockIdx.z * m + o) * n + weight] = sum; }
};

// Sums over slices of the output pixels: partial [slices, weights], which addSlices adds.
extern "C" __global__ void __launch_bounds__(THREADS)
    convolveWeights(Window w, float *partial, const Pixel *src, const Pixel *dDst, int slice) {
  const BackwardWeights p = {w, partial, src, dDst, w.dstChannels, w.srcChannels * w.kernelHeight * w.kernelWidth};
  const int first = blockIdx.z * slice, end = first + slice;
  multiply<OfConvolutions>(p, first, end < dstPixels(w) ? end : dstPixels(w));
}

extern "C" __global__ void addSlices(float *sums, const float *partial, Index count, int slices) {
  const Index i = position();
  if (i >= count) return;
  float sum = 0;
  for (int slice = 0; slice < slices; slice++) sum += partial[slice * count + i];
  sums[i] = sum;
}
