// A CUDA driver and NVRTC without a GPU, for tests: of the functions that the engine calls, with the checks that a driver
// makes and some more. "Device memory" starts as NaN and is fenced; "compiling" is done by g++. A block's threads run one
// after the other, from barrier to barrier, in either order: results that differ with the order are races. What streams are
// asked is done as late as waits and events allow, or at once by every second stream: so are waits that are missing.
//   -DDEVICES=n      how many GPUs it has
//   -DGENERATION=n   their major compute capability
//   -DSHIM="path"    cuda_on_cpu.h
//   -DWORK="path"    a directory for what is compiled
#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "cuda_on_cpu.h"

typedef long long Address;
typedef std::function<void()> Work;

enum Error {
  OK = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201,
  NOT_FOUND = 500,
  LAUNCH_FAILED = 719,
  STREAM_CAPTURE_UNSUPPORTED = 900
};

static std::recursive_mutex lock;
typedef std::lock_guard<std::recursive_mutex> Locked;
static thread_local struct Context *current;
static int reversed, eagerly, streams, faults;
static Address bytesCopied;

// A device's context, of which there is one.
struct Context {
  int holders;
  Address launches;
};
static Context contexts[DEVICES + 1];
static Machine machine;

// --- Memory ---------------------------------------------------------------------------------------------------------

static const size_t FENCE = 256;
static std::map<char *, size_t> allocations;
static const Address MOST = 1LL << 26;

static int fault(const char *what) {
  fprintf(stderr, "fake CUDA: %s\n", what);
  faults++;
  return INVALID_VALUE;
}

static int allocate(void **result, Address bytes) {
  if (bytes <= 0) return INVALID_VALUE;
  if (bytes > MOST) return OUT_OF_MEMORY;
  char *block = (char *)aligned_alloc(FENCE, (bytes + 3 * FENCE - 1) / FENCE * FENCE);
  memset(block, 0xFF, bytes + 2 * FENCE);
  allocations[block + FENCE] = bytes;
  *result = block + FENCE;
  return OK;
}

static int release(void *memory) {
  auto found = allocations.find((char *)memory);
  if (found == allocations.end()) return fault("freed what was not allocated");
  char *start = found->first, *end = start + found->second;
  for (size_t i = 1; i <= FENCE; i++)
    if ((unsigned char)start[-(long)i] != 0xFF || (unsigned char)end[i - 1] != 0xFF) {
      fault("written outside of an allocation");
      break;
    }
  free(start - FENCE);
  allocations.erase(found);
  return OK;
}

static bool owned(const void *address, Address bytes) {
  auto next = allocations.upper_bound((char *)address);
  if (next == allocations.begin()) return false;
  --next;
  return (char *)address + bytes <= next->first + next->second;
}

#include "fake_blocks.h"

// --- Driver -------------------------------------------------------------------------------------------------------------

struct Graph {
  std::vector<std::function<int()>> launches;
};

struct Stream {
  std::deque<std::function<int()>> asked;
  Graph *capturing = nullptr;
  int error = OK;
  bool eager;
  Context *context;
};

// How far a stream was when an event was recorded.
struct Point {
  Stream *stream;
  bool reached;
};

struct Event {
  std::shared_ptr<Point> last;
};

static void step(Stream *stream) {
  std::function<int()> next = stream->asked.front();
  stream->asked.pop_front();
  if (const int error = next()) stream->error = error;
}

static void drain(Stream *stream) {
  while (!stream->asked.empty()) step(stream);
}

static int reach(const std::shared_ptr<Point> &point) {
  while (point && !point->reached) step(point->stream);
  return OK;
}

static int ask(Stream *stream, std::function<int()> work) {
  stream->asked.push_back(std::move(work));
  if (stream->eager) drain(stream);
  return OK;
}

static thread_local Stream *capturing;

// What needs a context, and is not allowed while a stream is captured.
#define NEEDS_CONTEXT \
  Locked locked(lock); \
  if (!current) return INVALID_CONTEXT; \
  if (capturing) return STREAM_CAPTURE_UNSUPPORTED

extern "C" {

void fakeReverse(int wanted) { reversed = wanted; }
int fakeFaults() { return faults; }
void fakeEager(int wanted) { eagerly = wanted; }
Address fakeCopied() { return bytesCopied; }
Address fakeLaunches(int device) { return contexts[device].launches; }

int fakeHeld() {
  int held = allocations.size();
  for (const Context &context : contexts) held += context.holders;
  return held;
}

int cuInit(int) { return DEVICES ? OK : NO_DEVICE; }
int cuDriverGetVersion(int *version) { return *version = 13000, OK; }
int cuDeviceGetCount(int *count) { return *count = DEVICES, OK; }
int cuDeviceGet(int *device, int ordinal) { return ordinal < DEVICES ? *device = ordinal, OK : INVALID_DEVICE; }
int cuDeviceGetName(char *name, int bytes, int) { return snprintf(name, bytes, "fake GPU"), OK; }
int cuDeviceGetAttribute(int *value, int attribute, int) { return *value = attribute == 75 ? GENERATION : 0, OK; }

int cuGetErrorString(int error, const char **text) {
  switch (error) {
    case NO_DEVICE: *text = "no CUDA-capable device is detected"; return OK;
    case OUT_OF_MEMORY: *text = "out of memory"; return OK;
    default: *text = "as the fake has it"; return OK;
  }
}

int cuDevicePrimaryCtxRetain(Context **context, int device) {
  Locked locked(lock);
  *context = &contexts[device];
  (*context)->holders++;
  return OK;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  Locked locked(lock);
  return contexts[device].holders-- > 0 ? OK : fault("released a context too often");
}

int cuCtxSetCurrent(Context *context) { return current = context, OK; }

int cuMemAlloc_v2(void **address, Address bytes) {
  NEEDS_CONTEXT;
  return allocate(address, bytes);
}

int cuMemFree_v2(void *address) {
  NEEDS_CONTEXT;
  return release(address);
}

int cuMemAllocHost_v2(void **memory, Address bytes) { return cuMemAlloc_v2(memory, bytes); }
int cuMemFreeHost(void *memory) { return cuMemFree_v2(memory); }

static int copied(void *dst, const void *src, Address bytes, Stream *stream) {
  NEEDS_CONTEXT;
  return ask(stream, [=]() -> int {
    if (!owned(dst, bytes) || !owned(src, bytes)) return fault("copied outside of an allocation");
    memcpy(dst, src, bytes);
    bytesCopied += bytes;
    return OK;
  });
}

int cuMemcpyHtoDAsync_v2(void *dst, const void *src, Address bytes, Stream *s) { return copied(dst, src, bytes, s); }
int cuMemcpyDtoHAsync_v2(void *dst, const void *src, Address bytes, Stream *s) { return copied(dst, src, bytes, s); }

int cuModuleLoadData(void **module, const char *image) {
  NEEDS_CONTEXT;
  *module = dlopen(image, RTLD_NOW | RTLD_LOCAL);
  if (!*module) return fault(dlerror());
  ((void (*)(Machine *))dlsym(*module, "setMachine"))(&machine);
  return OK;
}

int cuModuleUnload(void *module) {
  NEEDS_CONTEXT;
  return dlclose(module) == 0 ? OK : fault("unloaded what was not loaded");
}

int cuModuleGetFunction(void **function, void *module, const char *name) {
  NEEDS_CONTEXT;
  *function = dlsym(module, (std::string("bind_") + name).c_str());
  return *function ? OK : NOT_FOUND;
}

int cuStreamCreate(Stream **stream, int) {
  NEEDS_CONTEXT;
  *stream = new Stream;
  (*stream)->eager = eagerly && streams % 2;
  (*stream)->context = current;
  streams++;
  return OK;
}

int cuStreamDestroy_v2(Stream *stream) {
  NEEDS_CONTEXT;
  if (!stream->asked.empty()) fault("a stream was destroyed before it was waited for");
  delete stream;
  return OK;
}

int cuStreamSynchronize(Stream *stream) {
  NEEDS_CONTEXT;
  drain(stream);
  return stream->error;
}

int cuEventCreate(Event **event, int) {
  NEEDS_CONTEXT;
  return *event = new Event, OK;
}

int cuEventDestroy_v2(Event *event) {
  NEEDS_CONTEXT;
  delete event;
  return OK;
}

int cuEventRecord(Event *event, Stream *stream) {
  NEEDS_CONTEXT;
  std::shared_ptr<Point> point(new Point{stream, false});
  event->last = point;
  return ask(stream, [point] { return point->reached = true, OK; });
}

int cuEventSynchronize(Event *event) {
  NEEDS_CONTEXT;
  return reach(event->last);
}

int cuStreamWaitEvent(Stream *stream, Event *event, int) {
  NEEDS_CONTEXT;
  std::shared_ptr<Point> point = event->last;
  return ask(stream, [point] { return reach(point); });
}

int cuLaunchKernel(
    Work *(*bind)(void **), unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
    Stream *stream, void **arguments, void **extra) {
  Locked locked(lock);
  if (!current || stream->context != current) return INVALID_CONTEXT;
  if (!gx || gy - 1 >= 65535 || gz - 1 >= 65535 || bx - 1 >= 1024 || by != 1 || bz != 1 || shared || extra)
    return INVALID_VALUE;
  std::shared_ptr<Work> work(bind(arguments));
  const Triple grid = {gx, gy, gz};
  std::function<int()> launch = [work, grid, bx] { return run(*work, grid, bx); };
  if (stream->capturing) return stream->capturing->launches.push_back(launch), OK;
  current->launches++;
  return ask(stream, launch);
}

int cuStreamBeginCapture_v2(Stream *stream, int) {
  NEEDS_CONTEXT;
  stream->capturing = new Graph;
  capturing = stream;
  return OK;
}

int cuStreamEndCapture(Stream *stream, Graph **graph) {
  Locked locked(lock);
  if (!stream->capturing) return INVALID_VALUE;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  capturing = nullptr;
  return OK;
}

int cuGraphInstantiateWithFlags(Graph **executable, Graph *graph, Address) {
  NEEDS_CONTEXT;
  return *executable = new Graph(*graph), OK;
}

int cuGraphDestroy(Graph *graph) {
  delete graph;
  return OK;
}

int cuGraphExecDestroy(Graph *graph) { return cuGraphDestroy(graph); }

int cuGraphLaunch(Graph *graph, Stream *stream) {
  NEEDS_CONTEXT;
  if (stream->context != current) return INVALID_CONTEXT;
  current->launches++;
  for (auto &launch : graph->launches) ask(stream, launch);
  return OK;
}

#include "fake_nvrtc.h"

}  // extern "C"
