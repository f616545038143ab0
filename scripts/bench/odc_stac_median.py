"""The masked median of Landsat scenes as a tuned odc-stac job does it: all dates of a band and a chunk in one task,
bottleneck's nanmedian, masks in place. With a CRS the scenes are warped.

usage: odc_stac_median.py SCENES OUTPUT [CRS [RESAMPLING]]"""
import sys

import bottleneck
import dask
import numpy
import rasterio

from odc_stac_archive import BANDS, is_hidden, load

output = sys.argv[2]
data = load(sys.argv[1], BANDS, *sys.argv[3:])


def median(values, flags):
    numbers = values.astype("float32")
    numbers[(values == 0) | is_hidden(flags)] = numpy.nan
    with numpy.errstate(all="ignore"):
        middle = bottleneck.nanmedian(numbers, axis=0)
    return numpy.where(numpy.isnan(middle), 0, numpy.floor(middle + 0.5)).astype("uint16")


results = [
    dask.array.map_blocks(median, data[band].data, data["qa"].data, drop_axis=0, dtype="uint16") for band in BANDS
]
with dask.config.set(scheduler="threads", num_workers=2):
    planes = dask.compute(*results)
box = data.odc.geobox
profile = dict(
    driver="COG", width=box.shape[1], height=box.shape[0], count=len(BANDS), dtype="uint16", crs=box.crs.to_wkt(),
    transform=box.transform, nodata=0, compress="deflate", predictor=2,
)
with rasterio.open(output, "w", **profile) as file:
    for number, plane in enumerate(planes):
        file.write(plane, number + 1)
