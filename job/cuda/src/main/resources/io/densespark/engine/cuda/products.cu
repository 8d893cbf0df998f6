// Matrix products C[m][n] = sum over k of A[m][k] B[k][n], whose operands are computed from where they lie (implicit GEMM). A
// block makes a tile of C; the sum over k ascends.

constexpr int TILE_M = 32, TILE_N = 128;
constexpr int WORDS = 16;  // of a tile along k; a word has one or more neighbours

// One thread, one product.
struct Float32 {
  typedef float Word;
  static constexpr int PACK = 1, PAD = 1;
  static constexpr int SIDE = 16, ROWS = TILE_M / SIDE, COLUMNS = TILE_N / SIDE;  // SIDE * SIDE threads
  float sums[ROWS][COLUMNS] = {};
  static __device__ Word word(const float (&values)[PACK]) { return values[0]; }
  __device__ void add(const Word (&a)[WORDS][TILE_M + PAD], const Word (&b)[WORDS][TILE_N + PAD]) {
    const int row = threadIdx.x / SIDE, column = threadIdx.x % SIDE;
    for (int k = 0; k < WORDS; k++)
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++)
          sums[i][j] = fmaf(a[k][row + SIDE * i], b[k][column + SIDE * j], sums[i][j]);
  }
  template <class Use>
  __device__ void each(Use use) const {
    const int row = threadIdx.x / SIDE, column = threadIdx.x % SIDE;
    for (int i = 0; i < ROWS; i++)
      for (int j = 0; j < COLUMNS; j++) use(row + SIDE * i, column + SIDE * j, sums[i][j]);
  }
};

// Each of the 8 warps makes the whole height of the tile and 16 of its columns. Rows of words are padded so that the threads of
// a warp read from 32 banks.
template <int PACKED>
struct TensorCores {
  typedef unsigned Word;
  static constexpr int PACK = PACKED, PAD = 8;
  static constexpr int ROWS = TILE_M / 16, COLUMNS = 2;
  float sums[ROWS][COLUMNS][4] = {};
  static __device__ Word word(const float (&values)[PACK]) {
    if constexpr (PACK == 2) return bfloat16Word(values[0], values[1]);
    else return tf32Word(values[0]);
  }
  __device__ void add(const Word (&a)[WORDS][TILE_M + PAD], const Word (&b)[WORDS][TILE_N + PAD]) {
    const int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4, first = threadIdx.x / 32 * 8 * COLUMNS;
    for (int k = 0; k < WORDS; k += 8) {
      unsigned left[ROWS][4], right[COLUMNS][2];
      for (int i = 0; i < ROWS; i++)
        for (int r = 0; r < 4; r++) left[i][r] = a[k + q + r / 2 * 4][16 * i + g + r % 2 * 8];
      for (int j = 0; j < COLUMNS; j++)
        for (int r = 0; r < 2; r++) right[j][r] = b[k + q + r * 4][first + 8 * j + g];
      for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
          if constexpr (PACK == 2) multiplyBfloat16(sums[i][j], left[i], right[j]);
          else multiplyTf32(sums[i][j], left[i], right[j]);
        }
    }
  }
  template <class Use>
  __device__ void each(Use use) const {
    const int g = threadIdx.x % 32 / 4, q = threadIdx.x % 4, first = threadIdx.x / 32 * 8 * COLUMNS;
    for (int i = 0; i < ROWS; i++)
      for (int j = 0; j < COLUMNS; j++)
        for (int r = 0; r < 4; r++) use(16 * i + g + r / 2 * 8, first + 8 * j + 2 * q + r % 2, sums[i][j][r]);
  }
};

// Of convolutions.
#if PRECISION == 0
typedef Float32 OfConvolutions;
#elif PRECISION == 1
typedef TensorCores<2> OfConvolutions;
#else
typedef TensorCores<1> OfConvolutions;
#endif

// Operands says a(m, k), b(k, column(n)), store(m, n, sum), and how far m and n go; what a column is, is worked out once for
// all k. Tiles are read along k where that is the operand's direction in memory, the next one while the present is multiplied.
template <class Arithmetic, class Operands>
__device__ void multiply(const Operands &p, int firstK, int endK) {
  typedef typename Arithmetic::Word Word;
  constexpr int PACK = Arithmetic::PACK, TILE_K = WORDS * PACK;
  constexpr int A_WORDS = WORDS * TILE_M / THREADS, B_WORDS = WORDS * TILE_N / THREADS;
  constexpr int COLUMNS = Operands::B_ALONG_K ? B_WORDS : 1;  // across n, a thread stays in one column
  __shared__ Word a[WORDS][TILE_M + Arithmetic::PAD], b[WORDS][TILE_N + Arithmetic::PAD];
  const int m0 = blockIdx.y * TILE_M, n0 = blockIdx.x * TILE_N;
  int kOfA[A_WORDS], m[A_WORDS], kOfB[B_WORDS], n[B_WORDS];
  for (int i = 0; i < A_WORDS; i++) {
    const int e = threadIdx.x + i * THREADS;
    kOfA[i] = Operands::A_ALONG_K ? e % WORDS : e / TILE_M;
    m[i] = Operands::A_ALONG_K ? e / WORDS : e % TILE_M;
  }
  for (int i = 0; i < B_WORDS; i++) {
    const int e = threadIdx.x + i * THREADS;
    kOfB[i] = Operands::B_ALONG_K ? e % WORDS : e / TILE_N;
    n[i] = Operands::B_ALONG_K ? e / WORDS : e % TILE_N;
  }
  typename Operands::Column columns[COLUMNS];
  for (int i = 0; i < COLUMNS; i++) columns[i] = p.column(n0 + n[i]);
  Word nextA[A_WORDS], nextB[B_WORDS];
  auto read = [&](int k0) {
    float values[PACK];
    for (int i = 0; i < A_WORDS; i++) {
      for (int v = 0; v < PACK; v++) {
        const int k = k0 + kOfA[i] * PACK + v;
        values[v] = m0 + m[i] < p.m && k < endK ? p.a(m0 + m[i], k) : 0;
      }
      nextA[i] = Arithmetic::word(values);
    }
    for (int i = 0; i < B_WORDS; i++) {
      for (int v = 0; v < PACK; v++) {
        const int k = k0 + kOfB[i] * PACK + v;
        values[v] = n0 + n[i] < p.n && k < endK ? p.b(k, columns[COLUMNS == 1 ? 0 : i]) : 0;
      }
      nextB[i] = Arithmetic::word(values);
    }
  };
  Arithmetic sums;
  read(firstK);
  for (int k0 = firstK; k0 < endK; k0 += TILE_K) {
    for (int i = 0; i < A_WORDS; i++) a[kOfA[i]][m[i]] = nextA[i];
    for (int i = 0; i < B_WORDS; i++) b[kOfB[i]][n[i]] = nextB[i];
    __syncthreads();
    if (k0 + TILE_K < endK) read(k0 + TILE_K);
    sums.add(a, b);
    __syncthreads();
  }
  sums.each([&](int row, int column, float sum) {
    if (m0 + row < p.m && n0 + column < p.n) p.store(m0 + row, n0 + column, sum);
  });
}

// A matrix by its address and the steps of its two indices.
struct Matrix {
  float *at;
  Index first, second;
  __device__ float &operator()(Index i, Index j) const { return at[i * first + j * second]; }
};

struct Dense {
  static constexpr bool A_ALONG_K = true, B_ALONG_K = true;
  typedef int Column;
  Matrix left, right, product;
  const float *bias;
  int m, n;
  __device__ float a(int i, int k) const { return left(i, k); }
  __device__ Column column(int j) const { return j; }
  __device__ float b(int k, int j) const { return right(k, j); }
  __device__ void store(int i, int j, float sum) const { product(i, j) = bias ? sum + bias[i] : sum; }
};

// product[m, n] = left[m, k] right[k, n] + bias[m]; the bias may be absent.
extern "C" __global__ void __launch_bounds__(THREADS)
    multiplyMatrices(Matrix left, Matrix right, Matrix product, const float *bias, int m, int n, int k) {
  const Dense p = {left, right, product, bias, m, n};
  multiply<Float32>(p, 0, k);
}

// Sums over slices of channels: partial [slices, channels], which addSlices adds.
extern "C" __global__ void __launch_bounds__(THREADS) sumChannels(float *partial, Values values, Channels shape) {
  const float sum = sumOfSlice(values, shape, [](float x) { return x; });
  if (threadIdx.x == 0) partial[ofBlock()] = sum;
}
