"""Computes the recipe s2_l2a_10m_annual again with numpy in float64 from what the Open Data Cube's own dc.load reads of the
scenes, mask with opening and dilation by disks included, and prints as JSON how the two compare, output by output.

usage: check_s2_annual.py FEATURES SCENES
"""
import json
import sys
import warnings

import datacube
import numpy as np
from datacube.utils.geometry.gbox import pad

warnings.simplefilter("ignore")
features, scenes = sys.argv[1], sys.argv[2]
dc = datacube.Datacube(app="antares-test")
MARGIN = 20
report = {"tiles": 0, "dates": 0, "outputs": {}}


def moved(mask, radius):
    """The mask by every step within a disk."""
    height, width = mask.shape
    wide = np.pad(mask, radius)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dy * dy + dx * dx <= radius * radius:
                yield wide[radius + dy : radius + dy + height, radius + dx : radius + dx + width]


def dilated(mask, radius):
    return np.logical_or.reduce(list(moved(mask, radius)))


def eroded(mask, radius):
    return np.logical_and.reduce(list(moved(mask, radius)))


def count(name, expected, stored):
    difference = np.abs(expected - stored)
    line = report["outputs"].setdefault(name, {"valid": 0, "off_by_one": 0, "wrong": 0})
    line["valid"] += int((stored != -9999).sum())
    line["off_by_one"] += int((difference == 1).sum())
    line["wrong"] += int((difference > 1).sum())


def stored_as(exact, few):
    return np.where(few | np.isnan(exact), -9999, np.floor(np.abs(exact) + 0.5 + 1e-6) * np.sign(exact))


for dataset in dc.find_datasets(product=features):
    made = dc.load(product=features, datasets=[dataset])
    report["tiles"] += 1
    names = ["blue", "green", "red", "nir", "pixel_qa"]
    box = pad(made.geobox, MARGIN)
    source = dc.load(product=scenes, measurements=names, like=box, group_by="solar_day")
    report["dates"] = max(report["dates"], int(source.time.size))
    inner = (slice(None), slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
    keep = []
    for scl in source.pixel_qa.values:
        known = scl != 0
        dropped = known & ~np.isin(scl, [4, 5, 6, 7, 11])
        dropped = dilated(dilated(eroded(dropped, 1), 1), 5)
        keep.append(known & ~dropped)
    keep = np.stack(keep)[inner]
    bands = {}
    for name in names[:4]:
        numbers = source[name].values[inner].astype("float64")
        bands[name] = np.where(keep & (numbers != 0), numbers, np.nan)
    ndvi = (bands["nir"] - bands["red"]) / (bands["nir"] + bands["red"])
    ndvi[~np.isfinite(ndvi)] = np.nan
    for name, values in bands.items():
        few = (~np.isnan(values)).sum(axis=0) < 3
        count(f"{name}_median", stored_as(np.nanmedian(values, axis=0), few), made[f"{name}_median"].values[0].astype(float))
    few = (~np.isnan(ndvi)).sum(axis=0) < 3
    statistics = {
        "p10": np.nanpercentile(ndvi, 10, axis=0), "median": np.nanmedian(ndvi, axis=0),
        "p90": np.nanpercentile(ndvi, 90, axis=0), "std": np.nanstd(ndvi, axis=0),
    }
    for name, values in statistics.items():
        count(f"ndvi_{name}", stored_as(values * 10000, few), made[f"ndvi_{name}"].values[0].astype(float))
    days = source.time.dt.dayofyear.values
    peak = days[np.where(np.isnan(ndvi), -np.inf, ndvi).argmax(axis=0)]
    expected = np.where(few, -1, peak)
    difference = expected != made.ndvi_argmax.values[0]
    report["argmax_differs"] = report.get("argmax_differs", 0) + int(difference.sum())
    counted = (~np.isnan(bands["red"])).sum(axis=0)
    report["count_differs"] = report.get("count_differs", 0) + int((counted != made["count"].values[0]).sum())
print(json.dumps(report))
