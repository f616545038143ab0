"""Seeded series with holes and what numpy, scipy and hdstats make of them, as little-endian files for a Swift test.

usage: reducers.py FOLDER

FOLDER/manifest.json lists the cases: dtype, dates, pixels, nodata, `input` (dates x pixels) and, by name of the reducer,
files of float64 results. hdstats stands for the geometric median where it can be imported, else a plain iteration of
the published formula does.
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.signal
import scipy.stats

folder = Path(sys.argv[1])
warnings.simplefilter("ignore")
# hdstats imports functions that scipy has removed, and does not call them here.
for name in ("cwt", "ricker"):
    setattr(scipy.signal, name, getattr(scipy.signal, name, None))
try:
    import hdstats
except Exception:
    hdstats = None

PIXELS = 203
TYPES = {
    "uint8": (0, 255, 0), "int8": (-128, 127, -128), "uint16": (0, 65535, 0), "int16": (-32768, 32767, -9999),
    "uint32": (0, 4294967295, 0), "int32": (-2147483648, 2147483647, -1), "float32": None, "float64": None,
}


def series(rng, dtype, dates):
    """Random samples: a third missing, the first pixel always, the second never, the third but once."""
    if TYPES[dtype] is None:
        nodata = -9999.0
        cube = rng.normal(0.3, 0.2, (dates, PIXELS)).astype(dtype)
    else:
        low, high, nodata = TYPES[dtype]
        cube = rng.integers(low, high, (dates, PIXELS), endpoint=True, dtype=dtype)
        # Both ends of the range, and many equal values.
        cube[:, 3], cube[:, 4] = low, high
        cube[:, 5:20] = rng.integers(1, 5, (dates, 15))
    cube[rng.random((dates, PIXELS)) < 0.33] = nodata
    cube[:, 0] = nodata
    cube[:, 1] = np.where(cube[:, 1] == nodata, 7, cube[:, 1])
    cube[:, 2] = nodata
    cube[dates // 2, 2] = 9
    return cube, nodata


def statistics(values):
    """Of float64 values with NaN, along the first axis."""
    empty = np.isnan(values).all(axis=0)
    count = (~np.isnan(values)).sum(axis=0)
    filled_low = np.where(np.isnan(values), -np.inf, values)
    filled_high = np.where(np.isnan(values), np.inf, values)
    first = np.argmax(~np.isnan(values), axis=0)
    last = len(values) - 1 - np.argmax(~np.isnan(values[::-1]), axis=0)
    columns = np.arange(values.shape[1])
    result = {
        "mean": np.nanmean(values, axis=0), "std": np.nanstd(values, axis=0), "var": np.nanvar(values, axis=0),
        "min": np.nanmin(filled_high, axis=0), "max": np.nanmax(filled_low, axis=0), "sum": np.nansum(values, axis=0),
        "range": filled_low.max(axis=0) - filled_high.min(axis=0), "median": np.nanmedian(values, axis=0),
        "first": values[first, columns], "last": values[last, columns],
        "argmin": filled_high.argmin(axis=0).astype(float), "argmax": filled_low.argmax(axis=0).astype(float),
    }
    for percent in ("0", "2.5", "10", "25", "50", "90", "100"):
        result["p" + percent] = np.nanpercentile(values, float(percent), axis=0, method="linear")
    for plane in result.values():
        plane[empty] = np.nan
    result["count"] = count.astype(float)
    return result


def geometric_median(points):
    """Of points in rows, by Weiszfeld's iteration in float64 until nothing moves (Vardi and Zhang where it meets one)."""
    center = points.mean(axis=0)
    for _ in range(20000):
        distance = np.sqrt(((points - center) ** 2).sum(axis=1))
        met = distance < 1e-12
        if met.all():
            return center
        weight = 1 / distance[~met]
        target = (points[~met] * weight[:, None]).sum(axis=0) / weight.sum()
        pull = np.linalg.norm(((points[~met] - center) * weight[:, None]).sum(axis=0))
        share = max(0, 1 - met.sum() / pull) if pull > 0 else 0
        step = (target - center) * (share if met.any() else 1)
        center = center + step
        if np.linalg.norm(step) < 1e-12 * np.linalg.norm(center):
            break
    return center


def bands(rng, count, dates):
    """Reflectances of `count` bands that move together, as scaled integers."""
    base = rng.uniform(500, 4000, (count, 1, PIXELS))
    cube = base * rng.normal(1, 0.2, (1, dates, PIXELS)) + rng.normal(0, 120, (count, dates, PIXELS))
    cube = np.clip(np.round(cube), 1, 10000).astype("uint16")
    hidden = rng.random((dates, PIXELS)) < 0.33
    cube[:, hidden] = 0
    cube[0, rng.random((dates, PIXELS)) < 0.05] = 0
    cube[:, :, 0] = 0
    cube[:, :, 1] = 0
    cube[:, dates // 2, 1] = 1234
    return cube


def band_results(cube):
    values = cube.astype("float64")
    values[:, (cube == 0).any(axis=0)] = np.nan
    count = len(values)
    names = ["geomedian", "medoid"]
    result = {f"{name}{band}": np.full(PIXELS, np.nan) for name in names for band in range(count)}
    for name in ("emad", "smad", "bcmad"):
        result[name] = np.full(PIXELS, np.nan)
    for pixel in range(PIXELS):
        points = values[:, :, pixel].T
        points = points[~np.isnan(points).any(axis=1)]
        if not len(points):
            continue
        center = geometric_median(points)
        distance = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2)).sum(axis=1)
        medoid = points[np.argmin(np.round(distance, 6))]
        for band in range(count):
            result[f"geomedian{band}"][pixel] = center[band]
            result[f"medoid{band}"][pixel] = medoid[band]
        cosine = (points @ center) / np.sqrt((points**2).sum(axis=1) * (center**2).sum())
        result["emad"][pixel] = np.median(np.sqrt(((points - center) ** 2).sum(axis=1)))
        result["smad"][pixel] = np.median(1 - cosine)
        result["bcmad"][pixel] = np.median(np.abs(points - center).sum(axis=1) / np.abs(points + center).sum(axis=1))
    if hdstats is not None and cube.shape[1] > 1:
        whole = np.ascontiguousarray(values.transpose(2, 0, 1)[:, None].astype("float32"))
        median = hdstats.nangeomedian_pcm(whole, eps=1e-7, maxiters=2000)
        for band in range(count):
            result[f"hdstats{band}"] = np.asarray(median[:, 0, band], dtype="float64")
    return result


def trends(cube, days):
    names = ["slope", "intercept", "r2", "p_value"]
    names += [f"harmonic_{part}" for part in ("mean", "cos1", "sin1", "cos2", "sin2", "rmse")]
    result = {name: np.full(PIXELS, np.nan) for name in names}
    years = (days - days[0]) / 365.25
    for pixel in range(PIXELS):
        y = cube[:, pixel].astype("float64") / 10000
        keep = cube[:, pixel] != 0
        if keep.sum() < 2:
            continue
        line = scipy.stats.linregress(years[keep], y[keep])
        result["slope"][pixel], result["intercept"][pixel] = line.slope, line.intercept
        result["r2"][pixel] = line.rvalue**2
        if keep.sum() > 2:
            result["p_value"][pixel] = line.pvalue
        if keep.sum() >= 5:
            angle = 2 * np.pi * days[keep] / 365.25
            basis = np.stack(
                [np.ones(keep.sum()), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)], axis=1
            )
            solution, _, rank, _ = np.linalg.lstsq(basis, y[keep], rcond=None)
            rest = y[keep] - basis @ solution
            for name, value in zip(names[4:9], solution):
                result[name][pixel] = value
            result["harmonic_rmse"][pixel] = np.sqrt((rest**2).mean())
    return result


def main():
    rng = np.random.default_rng(20261121)
    cases = []

    def write(case, cube, results):
        stem = f"case{len(cases)}"
        (folder / f"{stem}.input").write_bytes(cube.astype(cube.dtype.newbyteorder("<")).tobytes())
        case["input"], case["results"] = f"{stem}.input", {}
        for name, plane in results.items():
            (folder / f"{stem}.{name}").write_bytes(plane.astype("<f8").tobytes())
            case["results"][name] = f"{stem}.{name}"
        cases.append(case)

    for dtype in TYPES:
        for dates in (1, 2, 3, 7, 24, 64, 101, 300, 450):
            cube, nodata = series(rng, dtype, dates)
            values = cube.astype("float64")
            values[cube == cube.dtype.type(nodata)] = np.nan
            case = {"kind": "series", "dtype": dtype, "dates": dates, "pixels": PIXELS, "nodata": nodata}
            write(case, cube, statistics(values))
    for count, dates in ((6, 24), (3, 1), (4, 2), (6, 60)):
        cube = bands(rng, count, dates)
        case = {"kind": "bands", "dtype": "uint16", "dates": dates, "pixels": PIXELS, "nodata": 0, "bands": count}
        write(case, cube, band_results(cube))
    for dates in (2, 6, 40):
        days = 17000 + np.sort(rng.choice(1400, dates, replace=False))
        cube = bands(rng, 1, dates)[0]
        case = {
            "kind": "trend", "dtype": "uint16", "dates": dates, "pixels": PIXELS, "nodata": 0, "days": days.tolist(),
        }
        write(case, cube, trends(cube, days))
    (folder / "manifest.json").write_text(json.dumps({"hdstats": hdstats is not None, "cases": cases}))


main()
