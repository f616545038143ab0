"""Loads tiles that antares made coarser than their scenes, loads the scenes onto the same grids with the Open Data Cube's
own dc.load, and prints as JSON how many pixels differ, apart for grids onto which dc.load pastes and those it warps onto.

usage: check_coarser.py TILES SCENES MEASUREMENT
"""
import json
import sys
import warnings

import datacube
from datacube.storage import BandInfo
from datacube.storage._read import can_paste, rdr_geobox
from datacube.storage._rio import RasterDatasetDataSource
from datacube.utils.geometry import compute_reproject_roi

tiles, scenes, measurement = sys.argv[1:]
warnings.simplefilter("ignore")
dc = datacube.Datacube(app="antares-test")
scene = dc.find_datasets(product=scenes)[0]
with RasterDatasetDataSource(BandInfo(scene, measurement)).open() as reader:
    grid = rdr_geobox(reader)
report = {"pasted": 0, "warped": 0, "pixels": 0, "differ": 0}
for tile in dc.find_datasets(product=tiles):
    made = dc.load(product=tiles, datasets=[tile], measurements=[measurement])
    source = dc.load(product=scenes, datasets=[scene], like=made.geobox, measurements=[measurement])
    if not can_paste(compute_reproject_roi(grid, made.geobox), ttol=0.9)[0]:
        report["warped"] += 1
        continue
    report["pasted"] += 1
    report["pixels"] += int((source[measurement] != 0).sum())
    report["differ"] += int((source[measurement].values != made[measurement].values).sum())
print(json.dumps(report))
