// How values lie in memory: images in the precision's type, all else in float32. Arithmetic is in float32.

// The upper half of a float32. What is written is rounded to the nearest, ties to even.
struct Bfloat16 {
  unsigned short bits;
  __device__ operator float() const { return __uint_as_float((unsigned)bits << 16); }
  __device__ Bfloat16 &operator=(float value) {
    bits = bfloat16Word(value, 0);
    return *this;
  }
};

// engine.EngineConfig.Precision in its order.
#if PRECISION == 1
typedef Bfloat16 Pixel;
#else
typedef float Pixel;
#endif

constexpr int RUN = 4;  // neighbours that a thread reads or writes, in one access where they lie so

template <class Value>
struct alignas(RUN * sizeof(Value)) Pack {
  Value values[RUN];
};

template <class Value>
__device__ inline bool isPack(const Value *first, Index step, Index left) {
  return step == 1 && left >= RUN && (Index)first % sizeof(Pack<Value>) == 0;
}

template <class Value>
__device__ inline void readRun(const Value *first, Index step, Index left, float (&run)[RUN]) {
  if (isPack(first, step, left)) {
    const Pack<Value> pack = *(const Pack<Value> *)first;
    for (int i = 0; i < RUN; i++) run[i] = pack.values[i];
  } else {
    for (int i = 0; i < RUN && i < left; i++) run[i] = first[i * step];
  }
}

template <class Value>
__device__ inline void writeRun(Value *first, Index step, Index left, const float (&run)[RUN]) {
  if (isPack(first, step, left)) {
    Pack<Value> pack;
    for (int i = 0; i < RUN; i++) pack.values[i] = run[i];
    *(Pack<Value> *)first = pack;
  } else {
    for (int i = 0; i < RUN && i < left; i++) first[i * step] = run[i];
  }
}

// An image, or values in float32. Runs are of as many values as are left, RUN at most, each `step` behind the one before.
struct Values {
  void *at;
  int arePixels;
  __device__ float operator[](Index i) const { return arePixels ? ((const Pixel *)at)[i] : ((const float *)at)[i]; }
  __device__ void set(Index i, float value) const {
    if (arePixels) ((Pixel *)at)[i] = value;
    else ((float *)at)[i] = value;
  }
  __device__ void read(Index first, Index step, Index left, float (&run)[RUN]) const {
    if (arePixels) readRun((const Pixel *)at + first, step, left, run);
    else readRun((const float *)at + first, step, left, run);
  }
  __device__ void write(Index first, Index step, Index left, const float (&run)[RUN]) const {
    if (arePixels) writeRun((Pixel *)at + first, step, left, run);
    else writeRun((float *)at + first, step, left, run);
  }
};

// A thread's part of dst = f(left, right), value by value; dst may be one of the others.
template <class Function>
__device__ inline void combine(const Values &dst, const Values &left, const Values &right, Index count, Function f) {
  const Index first = RUN * position();
  if (first >= count) return;
  float l[RUN] = {}, r[RUN] = {};
  left.read(first, 1, count - first, l);
  right.read(first, 1, count - first, r);
  for (int i = 0; i < RUN; i++) l[i] = f(l[i], r[i]);
  dst.write(first, 1, count - first, l);
}

// A block's way through its slice of a channel: use(first, left) for each run of a thread.
template <class Use>
__device__ inline void eachRun(const Channels &shape, Use use) {
  const Index start = blockIdx.y * shape.slice, end = start + shape.ofSlice(blockIdx.y);
  for (Index i = start + RUN * threadIdx.x; i < end; i += RUN * THREADS)
    use(blockIdx.x * shape.channelStride + i * shape.pixelStride, end - i);
}

// The sum of f(value) over a block's slice.
template <class Function>
__device__ inline float sumOfSlice(const Values &values, const Channels &shape, Function f) {
  float sum = 0;
  eachRun(shape, [&](Index first, Index left) {
    float run[RUN];
    values.read(first, shape.pixelStride, left, run);
    for (int i = 0; i < RUN && i < left; i++) sum += f(run[i]);
  });
  return sumOfBlock(sum);
}

// Where a block leaves what it has of its slice, [slices, channels].
__device__ inline Index ofBlock() { return blockIdx.y * gridDim.x + blockIdx.x; }
