// Tensor cores, by one instruction: D += A B for tiles A [16, k], B [k, 8] and D [16, 8], which the 32 threads of a warp hold
// and multiply together (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type" and "for mma.m16n8k8"). A word
// holds as many neighbours along k as 32 bits have room for: two in bfloat16, where k is 16, and one in TF32, where k is 8.
// Thread 4 g + q of a warp has of A the words (q, g), (q, g + 8), (q + 4, g), (q + 4, g + 8) of [words along k, 16], of B the
// words (q, g), (q + 4, g) of [words along k, 8], and of D the values (g, 2 q), (g, 2 q + 1), (g + 8, 2 q), (g + 8, 2 q + 1).

#ifdef __CUDACC__  // cuda_on_cpu.h has the same for tests

__device__ inline unsigned bfloat16Word(float even, float odd) {
  unsigned word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(odd), "f"(even));
  return word;
}

__device__ inline unsigned tf32Word(float value) {
  unsigned word;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(value));
  return word;
}

__device__ inline void multiplyBfloat16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ inline void multiplyTf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif
