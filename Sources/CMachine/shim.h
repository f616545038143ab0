/* What the machine under the program is asked for and told. */
#if defined(__linux__)
#include <malloc.h>
#endif

/* What the loops over pixels are compiled for (docs/decisions/0009-processors.md). */
static inline int processor_runs_kernels(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
#else
    return 1;
#endif
}

/* Rows and planes of up to 32 MiB are taken out of what was freed before, not each time fresh from the system, which clears
   them page by page: 2 to 10 % of a composite's time. Up to half a GiB of freed memory stays with the process.

   Of what a thread frees at the end of its memory, all but M_TOP_PAD goes back to the system at once: that is more than the
   64 MiB of which a thread's memory is made. */
static inline void keep_freed_memory(void) {
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD) && defined(M_TOP_PAD)
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 128 << 20);
#endif
}
