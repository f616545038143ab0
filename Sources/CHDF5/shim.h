#ifndef ANTARES_CHDF5_SHIM_H
#define ANTARES_CHDF5_SHIM_H

#include <hdf5.h>

/* HDF5 prints its error stack to stderr unless each thread turns that off; netCDF does so for the first one only. */
static inline void antares_hdf5_silence(void) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

#endif
