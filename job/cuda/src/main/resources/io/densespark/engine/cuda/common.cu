// What the kernels share. Images lie as [channels, images, height, width], rows as [rows, features]; elements.cu has their types.
// Every sum has one order, whatever the device: no atomics, and block sizes that are part of the program.

typedef long long Index;

constexpr int THREADS = 256;  // of every block; Launches.java launches with it

// Elementwise kernels have a thread for each value.
__device__ inline Index position() { return (Index)blockIdx.x * blockDim.x + threadIdx.x; }

// A sliding window between two images of the same minibatch; see graph.Window for padding.
struct Window {
  int images, srcChannels, srcHeight, srcWidth, dstChannels, dstHeight, dstWidth;
  int kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padTop, padLeft;
};

// Where the pixels of a channel, or the rows of a feature, lie. A block takes a slice of a channel; its numbers are those of
// the channel and the slice.
struct Channels {
  Index count, channelStride, pixelStride, slice;
  __device__ Index ofSlice(int number) const { return count - number * slice < slice ? count - number * slice : slice; }
};

// The sum over the block of one number of each thread, in every thread; halving, so in a fixed order.
template <class Number>
__device__ Number sumOfBlock(Number mine) {
  __shared__ Number sums[THREADS];
  __syncthreads();
  sums[threadIdx.x] = mine;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  return sums[0];
}

__device__ inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// graph.Activation.Function in its order; NONE leaves values alone.
enum Function { NONE = -1, RELU, LEAKY_RELU, BOUNDED_RELU, ELU, SIGMOID, TANH, SOFTPLUS, SWISH, SCALE };

__device__ __noinline__ float activated(int function, float a, float x) {
  switch (function) {
    case RELU: return x > 0 ? x : 0;
    case LEAKY_RELU: return x > 0 ? x : a * x;
    case BOUNDED_RELU: return x > a ? a : x > 0 ? x : 0;
    case ELU: return x > 0 ? x : a * expm1f(x);
    case SIGMOID: return sigmoid(x);
    case TANH: return tanhf(x);
    case SOFTPLUS: return fmaxf(0, x) + log1pf(expf(-fabsf(x)));
    case SWISH: return x * sigmoid(a * x);
    case SCALE: return a * x;
    default: return x;
  }
}

__device__ __noinline__ float slope(int function, float a, float x) {
  switch (function) {
    case RELU: return x > 0 ? 1 : 0;
    case LEAKY_RELU: return x > 0 ? 1 : a;
    case BOUNDED_RELU: return x > 0 && x <= a ? 1 : 0;
    case ELU: return x > 0 ? 1 : a * expf(x);
    case SIGMOID: return sigmoid(x) * (1 - sigmoid(x));
    case TANH: return 1 - tanhf(x) * tanhf(x);
    case SOFTPLUS: return sigmoid(x);
    case SWISH: return sigmoid(a * x) * (1 + a * x * (1 - sigmoid(a * x)));
    default: return function == SCALE ? a : 1;
  }
}
