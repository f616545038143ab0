#ifndef ANTARES_CNETCDF_SHIM_H
#define ANTARES_CNETCDF_SHIM_H

#include <netcdf.h>

#endif
