"""Matches a plane of float64 to another by scikit-image, those that are not NaN, and writes the result.

usage: match_histograms.py SOURCE REFERENCE RESULT
"""
import sys

import numpy as np
from skimage.exposure import match_histograms

source, reference = np.fromfile(sys.argv[1], "<f8"), np.fromfile(sys.argv[2], "<f8")
result = np.full(source.shape, np.nan)
valid = ~np.isnan(source)
result[valid] = match_histograms(source[valid], reference[~np.isnan(reference)])
result.astype("<f8").tofile(sys.argv[3])
