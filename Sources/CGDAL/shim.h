/* GDAL, OGR and CPL as Swift sees them; what the importer cannot take (macros, variadics) is wrapped here. */
#ifndef ANTARES_CGDAL_SHIM_H
#define ANTARES_CGDAL_SHIM_H

/* Debian keeps them in a folder of their own, which is named here so that the library itself need not be linked. */
#if __has_include(<gdal.h>)
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_utils.h>
#include <gdalwarper.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#else
#include <gdal/cpl_conv.h>
#include <gdal/cpl_error.h>
#include <gdal/cpl_string.h>
#include <gdal/cpl_vsi.h>
#include <gdal/gdal.h>
#include <gdal/gdal_alg.h>
#include <gdal/gdal_utils.h>
#include <gdal/gdalwarper.h>
#include <gdal/ogr_api.h>
#include <gdal/ogr_srs_api.h>
#endif

static inline void antares_cpl_error(CPLErr kind, CPLErrorNum code, const char *text) {
    CPLError(kind, code, "%s", text);
}

static inline GDALRasterIOExtraArg antares_io_extra(void) {
    GDALRasterIOExtraArg a;
    INIT_RASTERIO_EXTRA_ARG(a);
    return a;
}

/* Closes and reports: before GDAL 3.7 GDALClose returns nothing, and a full disk shows only here. */
static inline CPLErr antares_gdal_close(GDALDatasetH h) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
    return GDALClose(h);
#else
    CPLErrorReset();
    GDALClose(h);
    return CPLGetLastErrorType();
#endif
}

#endif
