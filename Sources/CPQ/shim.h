#ifndef ANTARES_CPQ_SHIM_H
#define ANTARES_CPQ_SHIM_H

#include <libpq-fe.h>

/* Character macros do not reach Swift. */
static const int antares_pg_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int antares_pg_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int antares_pg_diag_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int antares_pg_diag_detail = PG_DIAG_MESSAGE_DETAIL;
static const int antares_pg_diag_hint = PG_DIAG_MESSAGE_HINT;
static const int antares_pg_diag_context = PG_DIAG_CONTEXT;

#endif
