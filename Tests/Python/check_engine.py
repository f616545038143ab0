"""Computes a recipe of two sensors again with numpy in float64 from what the Open Data Cube's own dc.load reads of the
scenes, all tiles in one piece, so that a mask that ends at a tile's border shows; prints as JSON how the two compare.

usage: check_engine.py FEATURES S2 LANDSAT
"""
import json
import sys
import warnings

import datacube
import numpy as np
from datacube.utils.geometry.gbox import pad

warnings.simplefilter("ignore")
features, s2, landsat = sys.argv[1:4]
dc = datacube.Datacube(app="antares-test")
MARGIN, LIMIT, NODATA = 80, 50, -9999.0


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


def distance(mask):
    """Pixels to the nearest true one, at most LIMIT: along rows first, then over rows."""
    height, width = mask.shape
    along = np.full(mask.shape, 1e6)
    for columns in (range(width), range(width - 1, -1, -1)):
        last = np.full(height, 1e6)
        for column in columns:
            last = np.where(mask[:, column], 0, last + 1)
            along[:, column] = np.minimum(along[:, column], last)
    wide = np.pad(along, ((LIMIT, LIMIT), (0, 0)), constant_values=1e6)
    squares = [dy * dy + wide[LIMIT + dy : LIMIT + dy + height] ** 2 for dy in range(-LIMIT, LIMIT + 1)]
    return np.minimum(np.sqrt(np.minimum.reduce(squares)), LIMIT)


datasets = dc.find_datasets(product=features)
area = datasets[0].extent
for dataset in datasets[1:]:
    area = area | dataset.extent
made = dc.load(product=features, geopolygon=area.buffer(0))
box = pad(made.geobox, MARGIN)
inner = (slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
slices = []
for product, steps in ((s2, True), (landsat, False)):
    data = dc.load(product=product, measurements=["red", "nir", "swir1", "pixel_qa"], like=box, group_by="solar_day")
    entries = dc.index.products.get_by_name(product).measurements
    for number, time in enumerate(data.time.values):
        qa = data.pixel_qa.values[number].astype("int64")
        known = qa != entries["pixel_qa"]["nodata"]
        if steps:
            dropped = known & ~np.isin(qa, [2, 4, 5, 6, 7])
            dropped = dilated(dilated(eroded(dropped | ~known, 1) & known, 1) & known, 4) & known
        else:
            # fill, cloud, cloud shadow.
            dropped = dilated(known & ((qa & 0b11001) != 0), 2) & known
        keep = known & ~dropped
        planes = {}
        for name in ("red", "nir", "swir1"):
            numbers = data[name].values[number].astype("float64")
            scale, offset = entries[name]["scale_factor"], entries[name]["add_offset"]
            planes[name] = np.where(keep & (numbers != 0), numbers * scale + offset, np.nan)[inner]
        ratio = (planes["nir"] - planes["red"]) / (planes["nir"] + planes["red"])
        planes["ndvi"] = np.where(np.isfinite(ratio), ratio, np.nan)
        slices.append((time.astype("datetime64[D]"), known[inner], distance(dropped)[inner], planes))
slices.sort(key=lambda entry: entry[0])

values = {name: np.stack([entry[3][name] for entry in slices]) for name in ("red", "nir", "swir1", "ndvi")}
days = np.array([entry[0].astype(int) for entry in slices])
of_year = np.array([(entry[0] - entry[0].astype("datetime64[Y]")).astype(int) + 1 for entry in slices])
seen = np.stack([entry[1] for entry in slices]).sum(axis=0)


def best(value, quality):
    quality = np.where(np.isnan(value) | np.isnan(quality), -np.inf, quality)
    chosen = np.take_along_axis(value, quality.argmax(axis=0)[None], axis=0)[0]
    return np.where((quality > -np.inf).any(axis=0), chosen, np.nan)


def broadcast(numbers):
    return np.broadcast_to(numbers[:, None, None].astype("float64"), values["red"].shape)


apart = np.abs(of_year - 166)
count = (~np.isnan(values["red"])).sum(axis=0)
ndvi = values["ndvi"]
empty = np.isnan(ndvi).all(axis=0)
expected = {
    "best_ndvi": best(values["red"], ndvi),
    "best_cloud": best(values["nir"], np.stack([entry[2] for entry in slices])),
    "closest_day": best(values["swir1"], broadcast(-np.minimum(apart, 365 - apart))),
    "closest_date": best(values["red"], broadcast(-np.abs(days - np.datetime64("2017-04-01", "D").astype(int)))),
    "valid": np.where(seen > 0, count / np.maximum(seen, 1), np.nan),
    "peak": np.where(empty, np.nan, of_year[np.where(np.isnan(ndvi), -np.inf, ndvi).argmax(axis=0)]),
    "low": np.where(empty, np.nan, days[np.where(np.isnan(ndvi), np.inf, ndvi).argmin(axis=0)]),
    "n": count.astype("float64"),
}
for quarter in range(4):
    first, last = np.datetime64(f"2017-{3 * quarter + 1:02d}"), np.datetime64("2017-01") + 3 * quarter + 3
    inside = (days >= first.astype("datetime64[D]").astype(int)) & (days < last.astype("datetime64[D]").astype(int))
    part = ndvi[inside]
    few = (~np.isnan(part)).sum(axis=0) < 2
    median = np.nanmedian(part, axis=0) if inside.any() else np.full(few.shape, np.nan)
    expected[f"ndvi_2017_q{quarter + 1}"] = np.where(few, np.nan, median)
report = {"slices": len(slices), "tiles": len(datasets), "outputs": {}}
for name, exact in expected.items():
    stored = made[name].values[0].astype("float64")
    stored[stored == NODATA] = np.nan
    # Pixels that no tile holds.
    stored = np.where(np.isnan(stored) & (seen == 0), exact if name == "n" else np.nan, stored)
    missing = np.isnan(stored) != np.isnan(exact)
    wrong = missing | (np.abs(stored - exact) > 1e-5 * np.maximum(1, np.abs(exact)))
    report["outputs"][name] = {"valid": int((~np.isnan(exact)).sum()), "wrong": int(wrong.sum())}
print(json.dumps(report))
