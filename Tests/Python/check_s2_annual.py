"""Computes the recipe s2_l2a_10m_annual again with numpy in float64, mask with opening and dilation by disks included, and
prints as JSON how the two compare, output by output.

The scenes have no georeferencing of their own, which dc.load needs: their pixels are put where their documents say, the
first with a value on top.

usage: check_s2_annual.py FEATURES SCENES
"""
import json
import math
import sys
import warnings
from pathlib import Path
from urllib.parse import unquote, urlparse

import datacube
import numpy as np
import rasterio
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


def percentile(values, percent):
    """numpy's `linear` method for each column, from one sort, which puts NaN last."""
    ordered = np.sort(values, axis=0)
    place = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0) * (percent / 100)
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    below, above = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (low, high))
    return below + (above - below) * (place - low)


def stored_as(exact, few):
    return np.where(few | np.isnan(exact), -9999, np.floor(np.abs(exact) + 0.5 + 1e-6) * np.sign(exact))


def pixels(dataset, name):
    """Where the corner of a measurement lies, and its pixels."""
    entry = dataset.measurements[name]
    grid = dataset.metadata_doc["grids"][entry.get("grid", "default")]
    location = Path(unquote(urlparse(dataset.uris[0]).path)).parent / entry["path"]
    with rasterio.open(location) as file:
        return grid["transform"], file.read(1)


def slices(box, names):
    """One dictionary of planes a day, the earliest first, with the day of the year."""
    days = {}
    for dataset in sorted(dc.find_datasets(product=scenes), key=lambda d: (d.center_time, str(d.id))):
        planes = days.setdefault(dataset.center_time.date(), {name: np.zeros(box.shape, "uint16") for name in names})
        for name in names:
            transform, numbers = pixels(dataset, name)
            assert abs(transform[0] - box.affine.a) < 1e-6 and abs(transform[4] - box.affine.e) < 1e-6
            # The two tiles lie half a pixel apart: the pixel whose edge lies on a centre goes to the right and below.
            column = -math.floor((box.affine.c - transform[2]) / box.affine.a + 0.5)
            row = -math.floor((box.affine.f - transform[5]) / box.affine.e + 0.5)
            top, left = max(row, 0), max(column, 0)
            bottom, right = min(row + numbers.shape[0], box.shape[0]), min(column + numbers.shape[1], box.shape[1])
            if top >= bottom or left >= right:
                continue
            part = planes[name][top:bottom, left:right]
            part[part == 0] = numbers[top - row : bottom - row, left - column : right - column][part == 0]
    return [(day.timetuple().tm_yday, planes) for day, planes in sorted(days.items())]


for dataset in dc.find_datasets(product=features):
    made = dc.load(product=features, datasets=[dataset])
    report["tiles"] += 1
    names = ["blue", "green", "red", "nir", "pixel_qa"]
    source = slices(pad(made.geobox, MARGIN), names)
    report["dates"] = max(report["dates"], len(source))
    inner = (slice(None), slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
    keep = []
    for _, planes in source:
        scl = planes["pixel_qa"]
        known = scl != 0
        dropped = known & ~np.isin(scl, [4, 5, 6, 7, 11])
        dropped = dilated(dilated(eroded(dropped | ~known, 1) & known, 1) & known, 5)
        keep.append(known & ~dropped)
    keep = np.stack(keep)[inner]
    bands = {}
    for name in names[:4]:
        numbers = np.stack([planes[name] for _, planes in source])[inner].astype("float64")
        bands[name] = np.where(keep & (numbers != 0), numbers, np.nan)
    ndvi = (bands["nir"] - bands["red"]) / (bands["nir"] + bands["red"])
    ndvi[~np.isfinite(ndvi)] = np.nan
    for name, values in bands.items():
        few = (~np.isnan(values)).sum(axis=0) < 3
        count(f"{name}_median", stored_as(percentile(values, 50), few), made[f"{name}_median"].values[0].astype(float))
    few = (~np.isnan(ndvi)).sum(axis=0) < 3
    statistics = {
        "p10": percentile(ndvi, 10), "median": percentile(ndvi, 50),
        "p90": percentile(ndvi, 90), "std": np.nanstd(ndvi, axis=0),
    }
    for name, values in statistics.items():
        count(f"ndvi_{name}", stored_as(values * 10000, few), made[f"ndvi_{name}"].values[0].astype(float))
    days = np.array([day for day, _ in source])
    peak = days[np.where(np.isnan(ndvi), -np.inf, ndvi).argmax(axis=0)]
    expected = np.where(few, -1, peak)
    difference = expected != made.ndvi_argmax.values[0]
    report["argmax_differs"] = report.get("argmax_differs", 0) + int(difference.sum())
    counted = (~np.isnan(bands["red"])).sum(axis=0)
    report["count_differs"] = report.get("count_differs", 0) + int((counted != made["count"].values[0]).sum())
print(json.dumps(report))
