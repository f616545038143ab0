/* GDAL on demand: loading it with the hundred libraries that it needs takes longer than most commands run.

   On Linux with x86-64 every function of functions.inc is a jump to GDAL's own, found at the first call; see loader.c.
   A function that is missing there is linked as usual, and GDAL is then loaded when the program starts. */
#ifndef ANTARES_GDAL_LOADER_H
#define ANTARES_GDAL_LOADER_H

#endif
