#ifndef ANTARES_CDEFLATE_SHIM_H
#define ANTARES_CDEFLATE_SHIM_H

#include <libdeflate.h>

#endif
