package io.densespark.engine.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of the CUDA driver that are called, under the names that libcuda exports. All
 * return 0 or an error. Addresses on the device are longs; everything else is a handle.
 */
interface Driver extends Library {
  int ATTRIBUTE_MAJOR = 75;
  int ATTRIBUTE_MINOR = 76;
  int STREAM_NON_BLOCKING = 1;
  int EVENT_WITHOUT_TIME = 2;
  int CAPTURE_THREAD_LOCAL = 1;
  int ERROR_OUT_OF_MEMORY = 2;

  int cuInit(int flags);

  int cuDriverGetVersion(IntByReference version);

  int cuGetErrorString(int error, PointerByReference text);

  int cuDeviceGetCount(IntByReference count);

  int cuDeviceGet(IntByReference device, int ordinal);

  int cuDeviceGetName(byte[] name, int bytes, int device);

  int cuDeviceGetAttribute(IntByReference value, int attribute, int device);

  int cuDevicePrimaryCtxRetain(PointerByReference context, int device);

  int cuDevicePrimaryCtxRelease_v2(int device);

  int cuCtxSetCurrent(Pointer context);

  int cuMemAlloc_v2(LongByReference address, long bytes);

  int cuMemFree_v2(long address);

  int cuMemAllocHost_v2(PointerByReference memory, long bytes);

  int cuMemFreeHost(Pointer memory);

  int cuMemcpyHtoDAsync_v2(long dst, Pointer src, long bytes, Pointer stream);

  int cuMemcpyDtoHAsync_v2(Pointer dst, long src, long bytes, Pointer stream);

  int cuModuleLoadData(PointerByReference module, byte[] image);

  int cuModuleUnload(Pointer module);

  int cuModuleGetFunction(PointerByReference function, Pointer module, String name);

  int cuLaunchKernel(
      Pointer function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      Pointer stream,
      Pointer arguments,
      Pointer extra);

  int cuStreamCreate(PointerByReference stream, int flags);

  int cuStreamSynchronize(Pointer stream);

  int cuStreamDestroy_v2(Pointer stream);

  int cuStreamWaitEvent(Pointer stream, Pointer event, int flags);

  int cuEventCreate(PointerByReference event, int flags);

  int cuEventRecord(Pointer event, Pointer stream);

  int cuEventSynchronize(Pointer event);

  int cuEventDestroy_v2(Pointer event);

  int cuStreamBeginCapture_v2(Pointer stream, int mode);

  int cuStreamEndCapture(Pointer stream, PointerByReference graph);

  int cuGraphInstantiateWithFlags(PointerByReference executable, Pointer graph, long flags);

  int cuGraphDestroy(Pointer graph);

  int cuGraphLaunch(Pointer executable, Pointer stream);

  int cuGraphExecDestroy(Pointer executable);
}
