/**
 * Runs programs on oneDNN. This package owns all native memory of a plan and is the only one that
 * calls the library.
 *
 * <p>In reading order: {@link io.densespark.engine.onednn.OneDnnEngine} compiles a graph to a plan;
 * a plan keeps one {@code Executable} per number of images it has met; a {@code Translator} turns
 * each instruction of a program into {@code Call}s, which name their arguments as places in buffers
 * or in the caller's flat vectors; an {@code Executable} lays the buffers out, binds the calls to
 * addresses once and then runs them. Depends on {@code engine.graph}, {@code engine.plan} and
 * JavaCPP's binding of oneDNN.
 *
 * <p><b>Threads.</b> oneDNN takes the OpenMP thread count of the calling thread, both when a
 * primitive is created and when it runs. A plan therefore belongs to the thread that compiled it
 * and sets that thread's count before every call; other threads of the process keep theirs.
 *
 * <p><b>Partial batches.</b> A call with fewer images than the plan's batch size runs an executable
 * of its own for exactly that number, so that statistics are those of the images there are.
 * Executables are made at their first use and kept; they share one arena, since they never run at
 * the same time.
 */
package io.densespark.engine.onednn;
