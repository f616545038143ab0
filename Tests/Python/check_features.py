"""Loads a recipe's product and its inputs with the Open Data Cube's own dc.load, computes yearly statistics again with
numpy in float64, and prints as JSON how the two compare, output by output.

usage: check_features.py FEATURES INPUTS
INPUTS is JSON, a list of {product, bands: {name: measurement}, qa, clear_bits: [...] or classes: [...]}: pixels count whose
qa has none of the bits, or is one of the classes. {static: true} loads layers without time.
"""
import json
import sys
import warnings

import datacube
import numpy as np

features, inputs = sys.argv[1], json.loads(sys.argv[2])
dc = datacube.Datacube(app="antares-test")
warnings.simplefilter("ignore")
report = {"tiles": 0, "dates": 0, "outputs": {}}


def real(product, measurement, data, datasets):
    """Numbers as values: the offset of the datasets goes before that of the product."""
    entry = dc.index.products.get_by_name(product).measurements[measurement]
    own = datasets[0].measurements.get(measurement, {})
    scale = own.get("scale_factor", entry.get("scale_factor", 1))
    offset = own.get("add_offset", entry.get("add_offset", 0))
    numbers = data.values.astype("float64")
    missing = (numbers == entry["nodata"]) | np.isnan(numbers)
    return np.where(missing, np.nan, numbers * (scale or 1) + (offset or 0))


def clear(source, entry):
    qa = source[entry["qa"]]
    numbers = qa.values.astype("int64")
    known = numbers != qa.attrs.get("nodata", 0)
    if "classes" in entry:
        return known & np.isin(numbers, entry["classes"])
    return known & ((numbers & sum(1 << bit for bit in entry["clear_bits"])) == 0)


def count(name, expected, stored):
    difference = np.abs(expected - stored)
    line = report["outputs"].setdefault(name, {"valid": 0, "off_by_one": 0, "wrong": 0})
    line["valid"] += int((expected != -9999).sum())
    line["off_by_one"] += int((difference == 1).sum())
    line["wrong"] += int((difference > 1).sum())


for dataset in dc.find_datasets(product=features):
    made = dc.load(product=features, datasets=[dataset])
    report["tiles"] += 1
    bands, dates, layers = {}, 0, set()
    for entry in inputs:
        sources = dc.find_datasets(product=entry["product"])
        names = list(entry["bands"].values()) + ([entry["qa"]] if "qa" in entry else [])
        options = {} if entry.get("static") else {"group_by": "solar_day"}
        data = dc.load(product=entry["product"], measurements=names, like=made.geobox, **options)
        if not data.sizes:
            continue
        keep = clear(data, entry) if "qa" in entry else True
        layers |= set(entry["bands"]) if entry.get("static") else set()
        dates += 0 if entry.get("static") else int(data.time.size)
        for name, measurement in entry["bands"].items():
            values = np.where(keep, real(entry["product"], measurement, data[measurement], sources), np.nan)
            bands.setdefault(name, []).append(values)
    report["dates"] = max(report["dates"], dates)
    bands = {name: np.concatenate(planes) for name, planes in bands.items()}
    bands["ndvi"] = (bands["nir"] - bands["red"]) / (bands["nir"] + bands["red"])
    bands["ndmi"] = (bands["nir"] - bands["swir1"]) / (bands["nir"] + bands["swir1"])
    for values in bands.values():
        values[~np.isfinite(values)] = np.nan
    for name in made.data_vars:
        band, _, statistic = name.rpartition("_")
        stored = made[name].values[0].astype("float64")
        if statistic in ("mean", "max", "min"):
            function = {"mean": np.nanmean, "max": np.nanmax, "min": np.nanmin}[statistic]
            exact = function(bands[band], axis=0) * 10000
            # A millionth for what float64 is off by at a half.
            expected = np.where(np.isnan(exact), -9999, np.floor(np.abs(exact) + 0.5 + 1e-6) * np.sign(exact))
            count(name, expected, stored)
        elif name in bands:
            exact = np.nanmean(bands[name], axis=0)
            nodata = made[name].attrs["nodata"]
            line = report["outputs"].setdefault(name, {"valid": 0, "off_by_one": 0, "wrong": 0})
            line["valid"] += int((stored != nodata).sum())
            missing = np.isnan(exact) != (stored == nodata)
            other = missing | (np.abs(exact - stored) > 1e-5 * np.abs(exact) + 1e-5)
            # A layer is warped: GDAL's transformer is exact to an eighth of a pixel only.
            line["off_by_one" if name in layers else "wrong"] += int(other.sum())
print(json.dumps(report))
