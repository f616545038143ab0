/* GDAL, OGR and CPL as Swift sees them; what the importer cannot take (macros, variadics) is wrapped here. */
#ifndef ANTARES_CGDAL_SHIM_H
#define ANTARES_CGDAL_SHIM_H

#include <sys/stat.h>

/* Debian keeps them in a folder of their own, which is named here so that the library itself need not be linked. */
#if __has_include(<gdal.h>)
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_minixml.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <cpl_vsi_error.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_utils.h>
#include <gdalwarper.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#else
#include <gdal/cpl_conv.h>
#include <gdal/cpl_error.h>
#include <gdal/cpl_minixml.h>
#include <gdal/cpl_string.h>
#include <gdal/cpl_vsi.h>
#include <gdal/cpl_vsi_error.h>
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

/* What lies at a path: 0 nothing, 1 a file, 2 a folder. */
static inline int antares_vsi_kind(const char *path) {
    union { /* struct stat64, which is not always declared, is laid out as struct stat on 64-bit systems */
        struct stat info;
        char room[512];
    } place;
    if (VSIStatExL(path, (VSIStatBufL *)&place, VSI_STAT_EXISTS_FLAG | VSI_STAT_NATURE_FLAG) != 0) return 0;
    return S_ISDIR(place.info.st_mode) ? 2 : 1;
}

/* 1 where an entry of a listing is a folder. */
static inline int antares_vsi_is_folder(const VSIDIREntry *entry) { return entry->bModeKnown && S_ISDIR(entry->nMode); }

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
