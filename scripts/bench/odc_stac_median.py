"""The masked median of Landsat scenes as a tuned odc-stac job does it: all dates of a band and a chunk in one task,
bottleneck's nanmedian, masks in place. With a CRS the scenes are warped.

usage: odc_stac_median.py SCENES OUTPUT [CRS [RESAMPLING]]"""
import datetime
import pathlib
import sys

import bottleneck
import dask
import numpy
import odc.stac
import pystac
import rasterio
import rasterio.warp

scenes, output = pathlib.Path(sys.argv[1]), sys.argv[2]
crs = sys.argv[3] if len(sys.argv) > 3 else None
resampling = sys.argv[4] if len(sys.argv) > 4 else "nearest"
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


items = [item(folder) for folder in sorted(scenes.iterdir()) if folder.is_dir()]
config = {"landsat": {"assets": {"*": {"data_type": "uint16", "nodata": 0}, "qa": {"data_type": "uint16", "nodata": 1}}}}
with rasterio.open(items[0].assets["blue"].href) as file:
    target, size = crs or file.crs.to_string(), abs(file.transform.a)
data = odc.stac.load(
    items,
    bands=[*BANDS, "qa"],
    crs=target,
    resolution=size,
    groupby="solar_day",
    chunks={"time": -1, "x": 1024, "y": 1024},
    resampling={"*": resampling, "qa": "nearest"},
    stac_cfg=config,
)


def median(values, flags):
    numbers = values.astype("float32")
    numbers[(values == 0) | (flags == 1) | ((flags & 0b11110) != 0)] = numpy.nan
    with numpy.errstate(all="ignore"):
        middle = bottleneck.nanmedian(numbers, axis=0)
    return numpy.where(numpy.isnan(middle), 0, numpy.floor(middle + 0.5)).astype("uint16")


results = [
    dask.array.map_blocks(median, data[band].data, data["qa"].data, drop_axis=0, dtype="uint16") for band in BANDS
]
with dask.config.set(scheduler="threads", num_workers=2):
    planes = dask.compute(*results)
box = data.odc.geobox
profile = dict(
    driver="COG", width=box.shape[1], height=box.shape[0], count=len(BANDS), dtype="uint16", crs=target,
    transform=box.transform, nodata=0, compress="deflate", predictor=2,
)
with rasterio.open(output, "w", **profile) as file:
    for number, plane in enumerate(planes):
        file.write(plane, number + 1)
