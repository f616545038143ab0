"""Statistics of NDVI over the dates of Landsat scenes as notebooks write it with odc-stac, dask and xarray's own methods: a
chunk is one date, a step is a task.

usage: odc_stac_ndvi_dask.py SCENES OUTPUT"""
import sys
import warnings

import dask
import rasterio
import xarray

from odc_stac_archive import is_hidden, load

data = load(sys.argv[1], ["red", "nir"], chunks={"x": 2048, "y": 2048})
# No value and no date: what follows from that is nodata.
warnings.simplefilter("ignore")

clear = ~((data.red == 0) | (data.nir == 0) | is_hidden(data.qa))
red, nir = (data[band].where(clear).astype("float32") * 0.0000275 - 0.2 for band in ("red", "nir"))
ndvi = (nir - red) / (nir + red)
statistics = [ndvi.mean("time"), ndvi.min("time"), ndvi.max("time"), ndvi.std("time")]
percentiles = ndvi.chunk(time=-1).quantile([0.1, 0.5, 0.9], "time").drop_vars("quantile")
statistics += [percentiles[place] for place in range(3)]
stored = (xarray.concat(statistics, "statistic", coords="minimal", compat="override") * 10000).round().clip(-32768, 32767)
with dask.config.set(scheduler="threads", num_workers=2):
    planes = stored.fillna(-9999).astype("int16").compute()
box = data.odc.geobox
profile = dict(
    driver="COG", width=box.shape[1], height=box.shape[0], count=planes.shape[0], dtype="int16", crs=box.crs.to_wkt(),
    transform=box.transform, nodata=-9999, compress="deflate", predictor=2,
)
with rasterio.open(sys.argv[2], "w", **profile) as file:
    file.write(planes.data)
