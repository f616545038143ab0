#ifndef ANTARES_CHDF5_SHIM_H
#define ANTARES_CHDF5_SHIM_H

#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>

/* glibc declares these for _GNU_SOURCE only. */
extern int fallocate(int descriptor, int mode, off_t offset, off_t length);

/* Takes blocks of the file system for the first `length` bytes of a file, whose size stays (FALLOC_FL_KEEP_SIZE). */
static inline int antares_reserve(int descriptor, off_t length) {
    return fallocate(descriptor, 1, 0, length);
}

/* Works only before any other call of HDF5.
   After a full disk HDF5 keeps the file that it could not close, and crashes in its clean-up at the end of the program:
   we close all files ourselves. A lock on a file stays with every child process that was started meanwhile, and fails on
   network file systems that have none: our files appear by their name once they are complete, nobody else writes them. */
static inline void antares_hdf5_prepare(void) {
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    H5dont_atexit();
}

/* HDF5 prints its error stack to stderr unless each thread turns that off; netCDF does so for the first one only. */
static inline void antares_hdf5_silence(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* What the importer cannot take: these macros call functions or cast. */
static inline hid_t antares_hdf5_open(const char *path) {
    return H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
}

/* Beside netCDF, which may have the same file open: HDF5 wants both to close it in the same way. */
static inline hid_t antares_hdf5_open_reading(const char *path) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = -1;
    if (access < 0) return -1;
    if (H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0) file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

static inline hid_t antares_hdf5_dataset(hid_t file, const char *name) {
    return H5Dopen2(file, name, H5P_DEFAULT);
}

/* Puts bytes in place that went through the filters already. */
static inline herr_t antares_hdf5_write_chunk(hid_t dataset, const hsize_t *offset, size_t size, const void *bytes) {
    return H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, size, bytes);
}

#endif
