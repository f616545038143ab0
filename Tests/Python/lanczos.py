"""Reduces a part of a plane of uint16 by Pillow's Lanczos kernel and writes the result as float64.

usage: lanczos.py SOURCE WIDTH LEFT TOP RIGHT BOTTOM COLUMNS ROWS RESULT
The part is given in pixels of the source, fractions of them included.
"""
import sys

import numpy as np
from PIL import Image

source, width = sys.argv[1], int(sys.argv[2])
box, size = tuple(map(float, sys.argv[3:7])), (int(sys.argv[7]), int(sys.argv[8]))
plane = np.fromfile(source, "<u2").reshape(-1, width).astype("float32")
made = Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS, box=box)
np.asarray(made).astype("<f8").tofile(sys.argv[9])
