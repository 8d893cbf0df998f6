// What CUDA C++ has beyond C++, so that g++ compiles the kernels as they are. A block's threads take turns on one thread of
// the CPU and change at barriers; fake_cuda.cpp has the rest.
#pragma once
#include <math.h>
#include <string.h>

#include <functional>
#include <tuple>
#include <utility>

struct Triple {
  unsigned x, y, z;
};

// Where the running thread is.
struct Machine {
  Triple thread, block, blockSize, gridSize;
  void (*barrier)();
};

#ifdef KERNELS
static Machine *machine;
extern "C" void setMachine(Machine *m) { machine = m; }

#define __global__
#define __device__
#define __noinline__
#define __launch_bounds__(threads)
#define __shared__ static
#define threadIdx (machine->thread)
#define blockIdx (machine->block)
#define blockDim (machine->blockSize)
#define gridDim (machine->gridSize)
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline void __syncthreads() { machine->barrier(); }

static inline unsigned bitsOf(float value) {
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float __uint_as_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// To the nearest, ties to even.
static inline unsigned bfloat16Bits(float value) {
  const unsigned bits = bitsOf(value);
  return isnan(value) ? 0x7FFF : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
}

static inline unsigned bfloat16Word(float even, float odd) { return bfloat16Bits(odd) << 16 | bfloat16Bits(even); }

// To the nearest, ties away from zero.
static inline unsigned tf32Word(float value) {
  return isfinite(value) ? (bitsOf(value) + 0x1000) & ~0x1FFFu : bitsOf(value);
}

// The words that the threads of a block multiply; each writes the one set while others may still read the other.
struct Words {
  unsigned a[4], b[2];
};
static Words words[2][1024];
static unsigned char turn[1024];

// D += A B for a warp: A [16, 8 * pack], B [8 * pack, 8]. See mma.cu for which thread has what.
static inline void multiplyWords(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], int pack) {
  const unsigned me = machine->thread.x, lane = me % 32;
  const Words *warp = &words[turn[me] ^= 1][me - lane];
  memcpy(words[turn[me]][me].a, a, sizeof a);
  memcpy(words[turn[me]][me].b, b, sizeof b);
  machine->barrier();
  for (unsigned r = 0; r < 4; r++) {
    const unsigned row = lane / 4 + r / 2 * 8, column = lane % 4 * 2 + r % 2;
    for (int k = 0; k < 8 * pack; k++) {
      const unsigned word = k / pack, shift = k % pack * 16, mask = pack == 2 ? 0xFFFF0000u : ~0u;
      const unsigned left = warp[row % 8 * 4 + word % 4].a[row / 8 + word / 4 * 2];
      const unsigned right = warp[column * 4 + word % 4].b[word / 4];
      const unsigned up = pack == 2 ? 16 - shift : 0;
      d[r] = fmaf(__uint_as_float(left << up & mask), __uint_as_float(right << up & mask), d[r]);
    }
  }
}

static inline void multiplyBfloat16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  multiplyWords(d, a, b, 2);
}

static inline void multiplyTf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { multiplyWords(d, a, b, 1); }

// A kernel with its arguments, which are copied: their addresses are good during the launch only.
template <class... Types, size_t... I>
std::function<void()> *bound(void (*kernel)(Types...), void **arguments, std::index_sequence<I...>) {
  std::tuple<Types...> copy(*static_cast<std::remove_const_t<Types> *>(arguments[I])...);
  return new std::function<void()>([kernel, copy] { std::apply(kernel, copy); });
}

template <class... Types>
std::function<void()> *bound(void (*kernel)(Types...), void **arguments) {
  return bound(kernel, arguments, std::index_sequence_for<Types...>());
}

#define BIND(kernel) \
  extern "C" std::function<void()> *bind_##kernel(void **arguments) { return bound(&kernel, arguments); }
#endif
