#!/usr/bin/env bash
# Times the kernels on one thread, and numpy and hdstats doing the same, in CPU seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
swift run -c release KernelBench "$@"
if python=$(scripts/venv.sh numpy)/bin/python; then
    OMP_NUM_THREADS=1 "$python" Tests/Python/bench_kernels.py
else
    echo 'no numpy here: nothing to compare with' >&2
fi
