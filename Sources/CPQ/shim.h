#ifndef ANTARES_CPQ_SHIM_H
#define ANTARES_CPQ_SHIM_H

#include <libpq-fe.h>

#endif
