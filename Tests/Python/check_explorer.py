"""Asks the Open Data Cube's own Explorer, by its application without a socket, for its pages and its STAC API over an index
that antares made, loads the STAC items with odc-stac, and with datacube 1.9 the datasets themselves with odc-loader, and
compares all of it with the files of the scenes; prints JSON.

usage: check_explorer.py PRODUCT SCENES
SCENES is a folder of the product's Landsat scenes, those of the index and no others.
"""
import csv
import glob
import io
import json
import os
import re
import sys
import warnings

import datacube
import numpy as np
import odc.stac
import pystac
import rasterio
import rasterio.warp
from cubedash._model import create_app

product, folder = sys.argv[1:]
client = create_app().test_client()
# datacube 1.8 turns warnings on.
warnings.simplefilter("ignore")
report = {}


def get(path, **parameters):
    answer = client.get(path, query_string=parameters, follow_redirects=True)
    if answer.status_code != 200:
        sys.exit(f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:2000]}")
    return answer


def text(path):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", get(path).get_data(as_text=True)).split())


# What the scenes themselves say.
times, boxes, reds = [], [], {}
for path in sorted(glob.glob(f"{folder}/*/*_SR_B4.TIF")):
    with open(glob.glob(f"{os.path.dirname(path)}/*_MTL.txt")[0], encoding="utf-8") as file:
        metadata = dict(re.findall(r"(\w+) = \"?([^\"\n]*)", file.read()))
    with rasterio.open(path) as file:
        bounds = file.bounds
        xs, ys = rasterio.warp.transform(
            file.crs, "EPSG:4326", [bounds.left, bounds.left, bounds.right, bounds.right],
            [bounds.top, bounds.bottom, bounds.top, bounds.bottom],
        )
        reds[path] = file.read(1)
    times.append(f"{metadata['DATE_ACQUIRED']}T{metadata['SCENE_CENTER_TIME'][:8]}")
    boxes.append([min(xs), min(ys), max(xs), max(ys)])
west, south, east, north = np.array(boxes).T
union = [min(west), min(south), max(east), max(north)]
days = sorted({time[:10] for time in times})
months = sorted({tuple(map(int, day.split("-")[:2])) for day in days})

# Pages.
report["products"] = get("/products.txt").get_data(as_text=True).split()
audit = list(csv.DictReader(io.StringIO(get("/audit/storage.csv").get_data(as_text=True))))
report["audited"] = {line["name"]: int(line["count"]) for line in audit}
report["page"] = sum(map(int, re.findall(r"(\d+) datasets?", text(f"/products/{product}"))[:1]))
report["months"] = {
    f"{year}-{month}": len(get(f"/api/datasets/{product}/{year}/{month}").json["features"]) for year, month in months
}
report["regions"] = sorted(
    region["properties"]["region_code"] for region in get(f"/api/regions/{product}").json["features"]
)

# The STAC API.
collection = get(f"/stac/collections/{product}").json
box = np.array(collection["extent"]["spatial"]["bbox"][0])
report["box_is_off_by"] = float(np.abs(box - union).max())
begin, end = (time[:19] for time in collection["extent"]["temporal"]["interval"][0])
report["interval_is_right"] = [begin, end] == [min(times), max(times)]
found = get("/stac/search", collections=product, limit=100).json["features"]
report["items"] = len(found)
report["item_times_are_right"] = sorted(item["properties"]["datetime"][:19] for item in found) == sorted(times)
first = get("/stac/search", collections=product, datetime=days[0]).json["features"]
report["items_of_first_day"] = len(first)
dataset = get(f"/dataset/{first[0]['id']}.odc-metadata.yaml").get_data(as_text=True)
report["document_names_itself"] = first[0]["id"] in dataset
report["dataset_page_names_itself"] = first[0]["properties"]["title"] in text(f"/dataset/{first[0]['id']}")

# The pixels of the items, by odc-stac, and of the datasets, by odc-loader.
items = [pystac.Item.from_dict(item, preserve_dict=False) for item in found]


def differing(loaded):
    """How many pixels of a load differ from the files, date by date, where a file has data."""
    count = pixels = 0
    transform = loaded.odc.geobox.affine
    for step, time in enumerate(loaded.time.values):
        plane = loaded.red.values[step]
        for path in reds:
            if f"_{str(time)[:10].replace('-', '')}_" not in path:
                continue
            with rasterio.open(path) as file:
                column = round((file.bounds.left - transform.c) / transform.a)
                row = round((file.bounds.top - transform.f) / transform.e)
            window = plane[row:row + reds[path].shape[0], column:column + reds[path].shape[1]]
            data = reds[path] != 0
            count += int((window[data] != reds[path][data]).sum())
            pixels += int(data.sum())
    return {"pixels": pixels, "differ": count}


with rasterio.open(next(iter(reds))) as file:
    crs, resolution = file.crs.to_string(), file.res[0]
loaded = odc.stac.load(items, bands=["red"], crs=crs, resolution=resolution, groupby="solar_day")
report["odc_stac"] = differing(loaded)
if not datacube.__version__.startswith("1.8"):
    dc = datacube.Datacube(app="antares-test")
    loaded = dc.load(product=product, measurements=["red"], output_crs=crs, resolution=resolution, group_by="solar_day",
                     driver="rio")
    report["odc_loader"] = differing(loaded)
print(json.dumps(report))
