"""Loads a product that landsat_c2_annual made from scenes without ingestion, loads the scenes onto the same grid with the
Open Data Cube's own dc.load, computes medians and counts again with numpy, and prints as JSON how the two compare.

usage: check_direct.py FEATURES SCENES
"""
import json
import sys
import warnings

import datacube
import numpy as np

features, scenes = sys.argv[1], sys.argv[2]
dc = datacube.Datacube(app="antares-test")
datasets = dc.find_datasets(product=features)
report = {"tiles": len(datasets), "dates": 0, "pixels": 0, "valid": 0, "count_differs": 0, "off_by_one": 0, "wrong": 0}
warnings.simplefilter("ignore")
for dataset in datasets:
    made = dc.load(product=features, datasets=[dataset])
    source = dc.load(product=scenes, like=made.geobox, group_by="solar_day")
    report["dates"] = max(report["dates"], int(source.time.size))
    qa = source.pixel_qa.values.astype("int64")
    # fill, dilated cloud, cirrus, cloud, cloud shadow: bits 0 to 4 of QA_PIXEL; 0 is where nothing was loaded.
    clear = ((qa & 0b11111) == 0) & (qa != source.pixel_qa.attrs.get("nodata", 1))
    red = clear & (source.red.values != 0)
    count = red.sum(axis=0)
    report["count_differs"] += int((count != made["count"].values[0]).sum())
    report["pixels"] += int(count.size)
    for name in ["blue", "green", "red", "nir", "swir1", "swir2"]:
        numbers = source[name].values.astype("float64")
        values = np.where(clear & (numbers != 0), numbers * 0.0000275 - 0.2, np.nan)
        exact = np.nanmedian(values, axis=0) * 10000
        few = (~np.isnan(values)).sum(axis=0) < 3
        expected = np.where(few, -9999, np.floor(np.abs(exact) + 0.5) * np.sign(exact))
        difference = np.abs(expected - made[name + "_median"].values[0].astype("float64"))
        report["valid"] += int((~few).sum())
        report["off_by_one"] += int((difference == 1).sum())
        report["wrong"] += int((difference > 1).sum())
print(json.dumps(report))
