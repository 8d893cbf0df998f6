// Convolutions and dense layers as matrix products C[m][n] = sum over k of A[m][k] B[k][n], whose operands are computed
// from where they lie (implicit GEMM). A block makes a tile of C; the sum over k ascends.

constexpr int TILE_M = 32, TILE_N = 64, TILE_K = 16;
constexpr int SIDE = 16, ROWS = TILE_M / SIDE, COLUMNS = TILE_N / SIDE;  // SIDE * SIDE threads

// Operands says a(m, k), b(k, n), store(m, n, sum), and how far m and n go. Tiles are read along k where that is the
// operand's direction in memory.
template <class Operands>
__device__ void multiply(const Operands &p, Index firstK, Index endK) {
  __shared__ float a[TILE_K][TILE_M + 1], b[TILE_K][TILE_N + 1];
  const int t = threadIdx.x, row = t / SIDE, column = t % SIDE;
  const int m0 = blockIdx.y * TILE_M;
  const Index n0 = (Index)blockIdx.x * TILE_N;
  float sums[ROWS][COLUMNS] = {};
  for (Index k0 = firstK; k0 < endK; k0 += TILE_K) {
    for (int e = t; e < TILE_K * TILE_M; e += THREADS) {
      const int k = Operands::A_ALONG_K ? e % TILE_K : e / TILE_M, m = Operands::A_ALONG_K ? e / TILE_K : e % TILE_M;
      a[k][m] = m0 + m < p.m && k0 + k < endK ? p.a(m0 + m, k0 + k) : 0;
    }
    for (int e = t; e < TILE_K * TILE_N; e += THREADS) {
      const int k = Operands::B_ALONG_K ? e % TILE_K : e / TILE_N, n = Operands::B_ALONG_K ? e / TILE_K : e % TILE_N;
      b[k][n] = n0 + n < p.n && k0 + k < endK ? p.b(k0 + k, n0 + n) : 0;
    }
    __syncthreads();
    for (int k = 0; k < TILE_K; k++)
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
          sums[i][j] = fmaf(a[k][row + SIDE * i], b[k][column + SIDE * j], sums[i][j]);
    __syncthreads();
  }
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) {
      const int m = m0 + row + SIDE * i;
      const Index n = n0 + column + SIDE * j;
      if (m < p.m && n < p.n) p.store(m, n, sums[i][j]);
    }
}

__device__ inline Index srcPixels(const Window &w) { return (Index)w.images * w.srcHeight * w.srcWidth; }
__device__ inline Index dstPixels(const Window &w) { return (Index)w.images * w.dstHeight * w.dstWidth; }

// The value of a channel that the kernel's position (ky, kx) sees for an output pixel; 0 in the padding.
__device__ inline float seen(const Window &w, const float *channel, Index pixel, int ky, int kx) {
  const int x = pixel % w.dstWidth * w.strideWidth - w.padLeft + kx * w.dilationWidth;
  const int y = pixel / w.dstWidth % w.dstHeight * w.strideHeight - w.padTop + ky * w.dilationHeight;
  if (y < 0 || y >= w.srcHeight || x < 0 || x >= w.srcWidth) return 0;
  return channel[(pixel / w.dstWidth / w.dstHeight * w.srcHeight + y) * w.srcWidth + x];
}

// m: output channel, n: output pixel, k: (input channel, ky, kx), as the weights lie.
struct Forward {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = false;
  Window w;
  float *dst;
  const float *src, *weights, *factor, *shift;
  int function;
  float alpha;
  int m;
  Index n;
  __device__ float a(int o, Index k) const {
    return weights[(Index)o * w.srcChannels * w.kernelHeight * w.kernelWidth + k];
  }
  __device__ float b(Index k, Index pixel) const {
    const int kx = k % w.kernelWidth, ky = k / w.kernelWidth % w.kernelHeight;
    return seen(w, src + k / w.kernelWidth / w.kernelHeight * srcPixels(w), pixel, ky, kx);
  }
  __device__ void store(int o, Index pixel, float sum) const {
    const float scaled = fmaf(sum, factor ? factor[o] : 1, shift ? shift[o] : 0);
    dst[o * n + pixel] = activated(function, alpha, scaled);
  }
};

// dst = activation(factor * (weights * src) + shift); factor and shift may be absent.
extern "C" __global__ void __launch_bounds__(THREADS) convolve(
    Window w, float *dst, const float *src, const float *weights, const float *factor, const float *shift, int function,
    float alpha) {
  const Forward p = {w, dst, src, weights, factor, shift, function, alpha, w.dstChannels, dstPixels(w)};
  multiply(p, 0, (Index)w.srcChannels * w.kernelHeight * w.kernelWidth);
}

// m: input channel, n: input pixel, k: (output channel, ky, kx).
struct BackwardData {
  static constexpr bool A_ALONG_K = false, B_ALONG_K = false;
  Window w;
  float *dSrc;
  const float *dDst, *weights;
  int m;
  Index n;
  __device__ float a(int i, Index k) const {
    const int kernel = w.kernelHeight * w.kernelWidth;
    return weights[(k / kernel * w.srcChannels + i) * kernel + k % kernel];
  }
  __device__ float b(Index k, Index pixel) const {
    const int kx = k % w.kernelWidth, ky = k / w.kernelWidth % w.kernelHeight;
    const int x = pixel % w.srcWidth + w.padLeft - kx * w.dilationWidth;
    const int y = pixel / w.srcWidth % w.srcHeight + w.padTop - ky * w.dilationHeight;
    if (y < 0 || x < 0 || y % w.strideHeight != 0 || x % w.strideWidth != 0) return 0;
    const int row = y / w.strideHeight, column = x / w.strideWidth;
    if (row >= w.dstHeight || column >= w.dstWidth) return 0;
    const Index image = pixel / w.srcWidth / w.srcHeight;
    return dDst[k / w.kernelWidth / w.kernelHeight * dstPixels(w) + (image * w.dstHeight + row) * w.dstWidth + column];
  }
  __device__ void store(int i, Index pixel, float sum) const { dSrc[i * n + pixel] = sum; }
};

extern "C" __global__ void __launch_bounds__(THREADS)
    convolveBack(Window w, float *dSrc, const float *dDst, const float *weights) {
  const BackwardData p = {w, dSrc, dDst, weights, w.srcChannels, srcPixels(w)};
  multiply(p, 0, (Index)w.dstChannels * w.kernelHeight * w.kernelWidth);
}

// m: output channel, n: (input channel, ky, kx), k: output pixel.
struct BackwardWeights {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = true;
  Window w;
  float *partial;
  const float *src, *dDst;
  int m;
  Index n;
  __device__ float a(int o, Index pixel) const { return dDst[o * dstPixels(w) + pixel]; }
  __device__ float b(Index pixel, Index weight) const {
    const int kx = weight % w.kernelWidth, ky = weight / w.kernelWidth % w.kernelHeight;
    return seen(w, src + weight / w.kernelWidth / w.kernelHeight * srcPixels(w), pixel, ky, kx);
  }
  __device__ void store(int o, Index weight, float sum) const { partial[(blockIdx.z * (Index)m + o) * n + weight] = sum; }
};

// Sums over slices of the output pixels: partial [slices, weights], which addSlices adds.
extern "C" __global__ void __launch_bounds__(THREADS)
    convolveWeights(Window w, float *partial, const float *src, const float *dDst, Index slice) {
  const BackwardWeights p = {
      w, partial, src, dDst, w.dstChannels, (Index)w.srcChannels * w.kernelHeight * w.kernelWidth};
  const Index first = blockIdx.z * slice, end = first + slice;
  multiply(p, first, end < dstPixels(w) ? end : dstPixels(w));
}

extern "C" __global__ void addSlices(float *sums, const float *partial, Index count, int slices) {
  const Index i = position();
  if (i >= count) return;
  float sum = 0;
  for (int slice = 0; slice < slices; slice++) sum += partial[slice * count + i];
  sums[i] = sum;
}

// A matrix by its address and the steps of its two indices.
struct Matrix {
  float *at;
  Index first, second;
  __device__ float &operator()(Index i, Index j) const { return at[i * first + j * second]; }
};

struct Dense {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = true;
  Matrix left, right, product;
  const float *bias;
  int m;
  Index n;
  __device__ float a(int i, Index k) const { return left(i, k); }
  __device__ float b(Index k, Index j) const { return right(k, j); }
  __device__ void store(int i, Index j, float sum) const { product(i, j) = bias ? sum + bias[i] : sum; }
};

// product[m, n] = left[m, k] right[k, n] + bias[m]; the bias may be absent.
extern "C" __global__ void __launch_bounds__(THREADS)
    multiplyMatrices(Matrix left, Matrix right, Matrix product, const float *bias, int m, int n, int k) {
  const Dense p = {left, right, product, bias, m, n};
  multiply(p, 0, k);
}

// One block a channel.
extern "C" __global__ void __launch_bounds__(THREADS) sumChannels(float *sums, const float *values, Channels shape) {
  const float *channel = values + blockIdx.x * shape.channelStride;
  float mine = 0;
  for (Index i = threadIdx.x; i < shape.count; i += THREADS) mine += channel[i * shape.pixelStride];
  const float sum = sumOfBlock(mine);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
