#ifndef ANTARES_CPROJ_SHIM_H
#define ANTARES_CPROJ_SHIM_H

#include <proj.h>

#endif
