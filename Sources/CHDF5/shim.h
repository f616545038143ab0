#ifndef ANTARES_CHDF5_SHIM_H
#define ANTARES_CHDF5_SHIM_H

#include <fcntl.h>
#include <hdf5.h>

/* glibc declares these for _GNU_SOURCE only. */
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

/* Takes blocks of the file system for the first `length` bytes of a file, whose size stays (FALLOC_FL_KEEP_SIZE). */
static inline int antares_reserve(int descriptor, off_t length) {
    return fallocate(descriptor, 1, 0, length);
}

/* After a full disk HDF5 keeps the file that it could not close, and crashes in its clean-up at the end of the program.
   We close all files ourselves. Works only before any other call of HDF5. */
static inline void antares_hdf5_no_cleanup(void) {
    H5dont_atexit();
}

/* HDF5 prints its error stack to stderr unless each thread turns that off; netCDF does so for the first one only. */
static inline void antares_hdf5_silence(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

#endif
