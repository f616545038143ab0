"""The simulated archive as odc-stac loads it: one array a band."""
import datetime
import pathlib

import odc.stac
import pystac
import rasterio
import rasterio.warp
from odc.geo import xy_

BANDS = {"blue": "SR_B2", "green": "SR_B3", "red": "SR_B4", "nir": "SR_B5", "swir1": "SR_B6", "swir2": "SR_B7"}


def item(folder):
    name = folder.name
    files = {band: folder / f"{name}_{suffix}.TIF" for band, suffix in {**BANDS, "qa": "QA_PIXEL"}.items()}
    with rasterio.open(files["blue"]) as file:
        box, epsg = rasterio.warp.transform_bounds(file.crs, "EPSG:4326", *file.bounds), file.crs.to_epsg()
        projection = {
            "proj:epsg": epsg,
            "proj:shape": list(file.shape),
            "proj:transform": list(file.transform)[:6],
        }
    left, bottom, right, top = box
    ring = [[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]
    day = datetime.datetime.strptime(name.split("_")[3], "%Y%m%d").replace(tzinfo=datetime.timezone.utc)
    made = pystac.Item(name, {"type": "Polygon", "coordinates": [ring]}, list(box), day, dict(projection))
    made.stac_extensions = ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"]
    made.collection_id = "landsat"
    for band, path in files.items():
        made.add_asset(band, pystac.Asset(str(path), media_type=pystac.MediaType.COG, roles=["data"], extra_fields=projection))
    return made


ALL_DATES = {"time": -1, "x": 1024, "y": 1024}


def load(scenes, bands, crs=None, resampling="nearest", chunks=ALL_DATES):
    """The bands and the quality band of all scenes in a folder, lazily; onto a CRS, else in that of the scenes."""
    items = [item(folder) for folder in sorted(pathlib.Path(scenes).iterdir()) if folder.is_dir()]
    config = {"landsat": {"assets": {"*": {"data_type": "uint16", "nodata": 0}, "qa": {"data_type": "uint16", "nodata": 1}}}}
    with rasterio.open(items[0].assets["blue"].href) as file:
        target, size = crs or file.crs.to_string(), abs(file.transform.a)
        # In the scenes' own CRS their own pixels, which Landsat has centred on multiples of their size.
        anchor = "edge" if crs else xy_(*(start / size % 1 for start in (file.transform.c, file.transform.f)))
    return odc.stac.load(
        items,
        bands=[*bands, "qa"],
        crs=target,
        resolution=size,
        anchor=anchor,
        groupby="solar_day",
        chunks=chunks,
        resampling={"*": resampling, "qa": "nearest"},
        stac_cfg=config,
    )


def is_hidden(flags):
    """True for pixels under clouds and their shadows, and for those without data."""
    return (flags == 1) | ((flags & 0b11110) != 0)
