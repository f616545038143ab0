#ifndef ANTARES_CZSTD_SHIM_H
#define ANTARES_CZSTD_SHIM_H

#include <zstd.h>

#endif
