#!/bin/sh
# Makes the Python environment of the peers that scripts/bench.sh measures (odc-stac with dask and bottleneck), and prints
# its folder: in a cache folder outside the repository.
#
# usage: scripts/bench-venv.sh
set -eu
folder=${ANTARES_BENCH_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/odc-stac}
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }
command -v python3 >/dev/null || { echo 'bench-venv: python3 is missing. Install it: apt-get install python3-venv' >&2; exit 69; }
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
{
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check 'odc-stac==0.5.3' bottleneck 'dask[array]' pystac rasterio
    "$folder/bin/python" -c 'import odc.stac, bottleneck, dask, rasterio; print("odc-stac", odc.stac.__version__)'
} >&2 || { echo 'bench-venv: installing odc-stac failed (see above).' >&2; exit 69; }
touch "$stamp"
echo "$folder"
