"""Asks the Open Data Cube's own OWS, by its application without a socket, for the capabilities, maps and coverages of an
index that antares made, and compares them with the files of the scenes as GDAL reads them; prints JSON.

usage: check_ows.py SCENES DAY OTHER-DAY
SCENES is a folder of Landsat scenes in EPSG:32613; there is one mosaic of them a day. The configuration is the one that
DATACUBE_OWS_CFG names; its style shows 7000 to 20000 as 0 to 255.
"""
import glob
import io
import json
import re
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import rasterio
from PIL import Image

warnings.simplefilter("ignore")
try:
    from datacube_ows.startup_utils import create_app  # 1.9

    application = create_app()
except ImportError:
    from datacube_ows.ogc import app as application  # 1.8

folder, day, other = sys.argv[1:]
client = application.test_client()
report = {}


def get(**parameters):
    answer = client.get("/", query_string=parameters)
    if answer.status_code != 200 or "xml" in answer.content_type and parameters["request"] != "GetCapabilities":
        sys.exit(f"{parameters}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}")
    return answer


def mosaic(day, band, crs, bounds, size):
    """The scenes of a day, on a grid, as gdalwarp makes it."""
    files = sorted(glob.glob(f"{folder}/*_{day.replace('-', '')}_*/*_SR_B{band}.TIF"))
    with tempfile.NamedTemporaryFile(suffix=".tif") as target:
        subprocess.run(
            ["gdalwarp", "-q", "-overwrite", "-et", "0", "-r", "near", "-t_srs", crs, "-te", *map(str, bounds),
             "-ts", str(size), str(size), *files, target.name],
            check=True,
        )
        with rasterio.open(target.name) as file:
            return file.read(1)


capabilities = get(service="WMS", version="1.3.0", request="GetCapabilities").get_data(as_text=True)
space = {"w": "http://www.opengis.net/wms"}
(layer,) = [
    layer for layer in ET.fromstring(capabilities).iter("{http://www.opengis.net/wms}Layer")
    if layer.findtext("w:Name", None, space) == "landsat"
]
report["times"] = layer.findtext("w:Dimension", None, space).strip().split(",")
box = layer.find("w:EX_GeographicBoundingBox", space)
report["box"] = [
    float(box.findtext(f"w:{side}", None, space))
    for side in ["westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"]
]

with rasterio.open(sorted(glob.glob(f"{folder}/*/*_SR_B4.TIF"))[0]) as file:
    left, top = file.bounds.left, file.bounds.top
# Nine columns lie beside the scenes.
native = (left - 270, top - 270 - 3000, left + 2730, top - 270)
(west,), (south,) = rasterio.warp.transform("EPSG:32613", "EPSG:3857", [left - 300], [top - 3200])
grids = {"EPSG:32613": native, "EPSG:3857": (west, south, west + 3000, south + 3000)}
for crs, bounds in grids.items():
    for date in [day, other]:
        image = get(
            service="WMS", version="1.3.0", request="GetMap", layers="landsat", styles="colours", crs=crs,
            bbox=",".join(map(str, bounds)), width=100, height=100, format="image/png", time=date,
        )
        shown = np.array(Image.open(io.BytesIO(image.get_data()))).astype(int)
        numbers = np.stack([mosaic(date, band, crs, bounds, 100) for band in (4, 3, 2)], axis=-1).astype(float)
        valid = (numbers != 0).all(axis=-1)
        expected = (np.clip(numbers, 7000, 20000) - 7000) / 13000 * 255
        near = (np.abs(shown[..., :3] - expected) <= 1).all(axis=-1)
        report[f"{crs} {date}"] = {
            "pixels": int(valid.sum()),
            "distinct": len(np.unique(shown[valid][:, 0])),
            "equal": int((near & valid).sum()),
            "opaque": int(((shown[..., 3] > 0) & valid).sum()),
            "opaque_beyond": int(((shown[..., 3] > 0) & ~valid).sum()),
        }

coverage = get(
    service="WCS", version="1.0.0", request="GetCoverage", coverage="landsat", crs="EPSG:32613", measurements="red",
    bbox=",".join(map(str, native)), width=100, height=100, format="GeoTIFF", time=day,
)
with rasterio.MemoryFile(coverage.get_data()) as memory, memory.open() as file:
    report["coverage_differs"] = int((file.read(1) != mosaic(day, 4, "EPSG:32613", native, 100)).sum())
report["versions"] = re.findall(r'version="([\d.]+)"', capabilities)[-1:]
print(json.dumps(report))
