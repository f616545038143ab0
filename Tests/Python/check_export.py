"""Compares GeoTIFFs that `antares export` made with what the Open Data Cube's own dc.load reads of the same scenes onto the
same grid, and with gdalwarp, as it is and with exact positions and kernels as wide as the scales in the middle of the scene
ask for; prints JSON.

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
from pyproj import Transformer

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


def exactly(path, crs, pixel, method):
    """Options of gdalwarp: exact positions, all pixels for what no overview can tell, and the width of kernels."""
    if method in ("sum", "rms", "mode", "min", "max", "med", "q1", "q3"):
        return ["-et", "0", "-ovr", "NONE"]
    with rasterio.open(path) as source:
        middle = source.transform @ (source.width / 2, source.height / 2)
        to_pixel, overviews = ~source.transform, source.overviews(1)
        forth = Transformer.from_crs(crs, source.crs, always_xy=True)
        x, y = Transformer.from_crs(source.crs, crs, always_xy=True).transform(*middle)
    places = [(x, y), (x + pixel[0], y), (x, y - pixel[1])]
    at = np.array([to_pixel @ forth.transform(*place) for place in places])
    spans = np.hypot(at[1] - at[0], at[2] - at[0])
    limit = int(spans.min() + 1e-3) * (1.2 if method == "nearest" else 1.01)
    spans = spans / max([ratio for ratio in overviews if ratio < limit], default=1)
    spans = [round(span) if round(span) >= 1 and abs(span - round(span)) < 0.05 else span for span in spans]
    return ["-et", "0", "-wo", f"XSCALE={1 / spans[0]}", "-wo", f"YSCALE={1 / spans[1]}"]


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
        source = path_of(dataset, name)
        pixel = ((bounds.right - bounds.left) / ours.shape[1], (bounds.top - bounds.bottom) / ours.shape[0])
        for key, options in (("exact", exactly(source, crs, pixel, method)), ("gdalwarp", [])):
            warped = f"{path}.{name}.{key}.tif"
            subprocess.run(
                ["gdalwarp", "-q", *options, "-r", {"nearest": "near"}.get(method, method), "-t_srs", crs.to_wkt(),
                 "-te", *map(str, bounds), "-ts", str(ours.shape[1]), str(ours.shape[0]), "-srcnodata", str(nodata),
                 "-dstnodata", str(nodata), source, warped],
                check=True,
            )
            with rasterio.open(warped) as file:
                line[key] = compare(ours, file.read(1).astype("float64"), nodata)
        line["gradient"] = gradient(ours, nodata)
        report[path][name] = line
print(json.dumps(report))
