"""Writes Sentinel-1 backscatter that follows from the place, with dataset documents of the product s1_esa_scene, on the grid
of a raster.

usage: make_sentinel1.py RASTER FOLDER DAY...
"""
import sys
import uuid
from pathlib import Path

import numpy as np
import rasterio
from rasterio.warp import transform_bounds

raster, folder, days = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
folder.mkdir(parents=True)
with rasterio.open(raster) as source:
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "nodata": 0.0, "crs": source.crs}
    profile |= {"transform": source.transform, "width": source.width, "height": source.height}
    bounds = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
rows, columns = np.mgrid[0 : profile["height"], 0 : profile["width"]]
for number, day in enumerate(days):
    for band, level in (("vh", -18), ("vv", -11)):
        values = (level + 3 * np.sin(rows / 20 + number) * np.cos(columns / 15)).astype("float32")
        values[:20, number * 30 : number * 30 + 30] = 0
        with rasterio.open(folder / f"{day}_{band}.tif", "w", **profile) as file:
            file.write(values, 1)
    document = f"""
$schema: https://schemas.opendatacube.org/dataset
id: {uuid.uuid5(uuid.NAMESPACE_URL, "s1" + day)}
product: {{name: s1_esa_scene}}
crs: {profile["crs"].to_string()}
grids: {{default: {{shape: [{profile["height"]}, {profile["width"]}], transform: {list(profile["transform"])}}}}}
properties: {{datetime: {day}T00:30:00Z, "odc:file_format": GeoTIFF, "odc:processing_datetime": {day}T00:30:00Z}}
measurements: {{polarisation_VH: {{path: {day}_vh.tif}}, polarisation_VV: {{path: {day}_vv.tif}}}}
lineage: {{}}
extent: {{lon: {{begin: {bounds[0]}, end: {bounds[2]}}}, lat: {{begin: {bounds[1]}, end: {bounds[3]}}}}}
"""
    (folder / f"{day}.yaml").write_text(document)
