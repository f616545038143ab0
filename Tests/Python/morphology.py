"""Changes a mask by steps as recipes have them, by scipy: what lies outside of the mask has no influence.

usage: morphology.py MASK WIDTH RESULT (KIND RADIUS)...
MASK and RESULT hold a byte a pixel, 1 for what is dropped. KIND is dilate, erode, opening or closing.
"""
import sys

import numpy as np
from scipy import ndimage

source, width, result = sys.argv[1], int(sys.argv[2]), sys.argv[3]
mask = np.fromfile(source, "u1").reshape(-1, width) == 1


def dilate(mask, disk):
    return ndimage.binary_dilation(mask, disk)


def erode(mask, disk):
    return ndimage.binary_erosion(mask, disk, border_value=1)


for kind, radius in zip(sys.argv[4::2], map(int, sys.argv[5::2])):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = x * x + y * y <= radius * radius
    for step in {"dilate": [dilate], "erode": [erode], "opening": [erode, dilate], "closing": [dilate, erode]}[kind]:
        mask = step(mask, disk)
mask.astype("u1").tofile(result)
