// Part of fake_cuda.cpp: the threads of a block, one after the other, from barrier to barrier.

// A thread of a block on a stack of its own, from block to block. Changes are by jumps: swapcontext calls the kernel each time.
struct Fiber {
  ucontext_t entry;
  jmp_buf at;
  std::unique_ptr<char[]> stack;
  bool started, finished;
};

static const size_t STACK = 64 << 10;
static std::vector<Fiber> fibers;
static jmp_buf scheduler;
static Fiber *running;
static const Work *kernel;
static bool direct, diverged;

static void leave() {
  if (!_setjmp(running->at)) _longjmp(scheduler, 1);
}

static void barrier() {
  if (direct) {
    diverged = true;
  } else {
    leave();
  }
}

static void enter() {
  for (;;) {
    (*kernel)();
    running->finished = true;
    leave();
  }
}

static void resume(unsigned thread) {
  machine.thread = {thread, 0, 0};
  running = &fibers[thread];
  running->finished = false;
  if (_setjmp(scheduler)) return;
  if (running->started) _longjmp(running->at, 1);
  running->started = true;
  running->stack.reset(new char[STACK]);
  getcontext(&running->entry);
  running->entry.uc_stack.ss_sp = running->stack.get();
  running->entry.uc_stack.ss_size = STACK;
  makecontext(&running->entry, enter, 0);
  setcontext(&running->entry);
}

static unsigned inOrder(unsigned i, unsigned threads) { return reversed ? threads - 1 - i : i; }

// A thread that ends without a barrier says that there is none: all threads of a block come to the same ones.
static void runBlock(unsigned threads) {
  resume(inOrder(0, threads));
  direct = running->finished;
  for (unsigned i = 1; direct && i < threads; i++) {
    machine.thread = {inOrder(i, threads), 0, 0};
    (*kernel)();
  }
  unsigned left = direct ? 0 : threads;
  for (unsigned first = 1; left == threads; first = 0) {
    if (first == 0) resume(inOrder(0, threads));
    left = !running->finished;
    for (unsigned i = 1; i < threads; i++) {
      resume(inOrder(i, threads));
      left += !running->finished;
    }
  }
  direct = false;
  if (left != 0) diverged = true;
}

static int run(const Work &work, Triple grid, unsigned threads) {
  machine.gridSize = grid;
  machine.blockSize = {threads, 1, 1};
  machine.barrier = barrier;
  kernel = &work;
  diverged = false;
  if (fibers.size() != threads) fibers = std::vector<Fiber>(threads);
  Triple &b = machine.block;
  for (b.z = 0; b.z < grid.z; b.z++)
    for (b.y = 0; b.y < grid.y; b.y++)
      for (b.x = 0; b.x < grid.x; b.x++) runBlock(threads);
  if (diverged) {
    fault("threads of a block came to different barriers");
    fibers.clear();
  }
  return diverged ? LAUNCH_FAILED : OK;
}
