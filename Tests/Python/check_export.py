"""Compares GeoTIFFs that `antares export` made with what the Open Data Cube's own dc.load reads of the same scenes onto the
same grid, and with gdalwarp, with and without its approximation of positions; prints JSON.

usage: check_export.py PRODUCT (FILE RESAMPLING)...
RESAMPLING is a name, or JSON as dc.load takes it. For each band: how many pixels hold data in both, in one alone, differ, and by
how much at most and on average, in numbers of the file.
"""
import json
import subprocess
import sys
import warnings
from pathlib import Path
from urllib.parse import unquote, urlparse

import datacube
import numpy as np
import rasterio
from affine import Affine
from datacube.utils.geometry import CRS, GeoBox

warnings.simplefilter("ignore")
product = sys.argv[1]
dc = datacube.Datacube(app="antares-test")
(dataset,) = dc.find_datasets(product=product)
report = {}


def path_of(dataset, name):
    """The file of a measurement, which stands in the document relative to it."""
    location = Path(unquote(urlparse(dataset.uris[0]).path))
    return location.parent / dataset.measurements[name]["path"]


def compare(ours, theirs, nodata):
    both = (ours != nodata) & (theirs != nodata)
    difference = np.abs(ours[both] - theirs[both])
    return {
        "both": int(both.sum()),
        "ours_alone": int(((ours != nodata) & (theirs == nodata)).sum()),
        "theirs_alone": int(((ours == nodata) & (theirs != nodata)).sum()),
        "differ": int((difference > 0).sum()),
        "largest": float(difference.max()),
        "mean": float(difference.mean()),
    }


def gradient(values, nodata):
    """The mean difference between neighbours: what a shift of a pixel changes."""
    pairs = (values[:, 1:] != nodata) & (values[:, :-1] != nodata)
    return float(np.abs(np.diff(values, axis=1))[pairs].mean())


for path, resampling in zip(sys.argv[2::2], sys.argv[3::2]):
    methods = json.loads(resampling) if resampling.startswith("{") else {"*": resampling}
    with rasterio.open(path) as file:
        planes = {name: file.read(band).astype("float64") for band, name in enumerate(file.descriptions, 1)}
        box = GeoBox(file.width, file.height, Affine(*file.transform[:6]), CRS(file.crs.to_wkt()))
        bounds, crs = file.bounds, file.crs
    loaded = dc.load(product=product, measurements=list(planes), like=box, resampling=methods)
    report[path] = {}
    for name, ours in planes.items():
        nodata = loaded[name].attrs["nodata"]
        line = {"odc": compare(ours, loaded[name].values[0].astype("float64"), nodata)}
        method = methods.get(name, methods.get("*", "nearest"))
        for key, tolerance in (("exact", "0"), ("gdalwarp", "0.125")):
            warped = f"{path}.{name}.{key}.tif"
            subprocess.run(
                ["gdalwarp", "-q", "-et", tolerance, "-r", {"nearest": "near"}.get(method, method), "-t_srs", crs.to_wkt(),
                 "-te", *map(str, bounds), "-ts", str(ours.shape[1]), str(ours.shape[0]), "-srcnodata", str(nodata),
                 "-dstnodata", str(nodata), path_of(dataset, name), warped],
                check=True,
            )
            with rasterio.open(warped) as file:
                line[key] = compare(ours, file.read(1).astype("float64"), nodata)
        line["gradient"] = gradient(ours, nodata)
        report[path][name] = line
print(json.dumps(report))
