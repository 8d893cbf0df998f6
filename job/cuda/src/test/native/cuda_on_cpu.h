// What CUDA C++ has beyond C++, so that g++ compiles the kernels as they are. A block's threads take turns on one thread of
// the CPU and change at barriers; fake_cuda.cpp has the rest.
#pragma once
#include <math.h>

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
