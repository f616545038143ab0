#ifndef ANTARES_CHDF5_SHIM_H
#define ANTARES_CHDF5_SHIM_H

#include <hdf5.h>

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
