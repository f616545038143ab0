#!/bin/sh
# Makes the Python environment with numpy and scipy that the tests of reducers compare with, and hdstats where it can be
# built; prints its folder.
#
# usage: scripts/numpy-venv.sh [FOLDER]
set -eu
folder=${1:-${ANTARES_NUMPY_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/numpy}}
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "numpy-venv: $*" >&2; }
command -v python3 >/dev/null || { say "python3 is missing. Install it: apt-get install python3-venv python3-dev"; exit 69; }

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
command -v flock >/dev/null && flock 9
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say "making $folder (once)"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || { say "venv failed. Install it: apt-get install python3-venv"; exit 69; }
"$folder/bin/pip" install --quiet --disable-pip-version-check numpy scipy >&2 || {
    say "installing numpy and scipy failed (see above). It needs the package index."
    exit 69
}
# hdstats is compiled; without it the published formulas in numpy stand for it.
{ "$folder/bin/pip" install --quiet --disable-pip-version-check cython setuptools wheel joblib &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation hdstats; } >&2 ||
    say "hdstats cannot be installed here; comparisons use numpy alone"
touch "$stamp"
echo "$folder"
