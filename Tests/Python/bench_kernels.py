"""CPU time a pixel of numpy and hdstats for what KernelBench times, on one thread."""
import time
import warnings

import numpy as np
import scipy.signal

warnings.simplefilter("ignore")
# hdstats imports functions that scipy has removed, and does not call them here.
for name in ("cwt", "ricker"):
    setattr(scipy.signal, name, getattr(scipy.signal, name, None))
try:
    import hdstats
except Exception:
    hdstats = None

rng = np.random.default_rng(7)


def measure(name, pixels, body):
    start = time.process_time()
    body()
    print(f"{name:<58} {(time.process_time() - start) / pixels * 1e9:8.1f} ns/px")


def cube(bands, side):
    values = rng.uniform(500, 4000, (side, side, bands, 24)).astype("float32")
    hidden = np.broadcast_to(rng.random((side, side, 1, 24)) < 0.35, values.shape)
    values[hidden] = np.nan
    return values


one = np.ascontiguousarray(cube(1, 256)[:, :, 0].transpose(2, 0, 1))
measure("numpy.nanmedian, 24 dates", 256 * 256, lambda: np.nanmedian(one, axis=0))
small = one[:, :64, :64]
measure("numpy.nanpercentile 10 50 90, 24 dates", 64 * 64, lambda: np.nanpercentile(small, [10, 50, 90], axis=0))
if hdstats is not None:
    six = np.ascontiguousarray(cube(6, 64))
    measure(
        "hdstats.nangeomedian_pcm, 6 bands, 24 dates",
        64 * 64,
        lambda: hdstats.nangeomedian_pcm(six, num_threads=1),
    )
