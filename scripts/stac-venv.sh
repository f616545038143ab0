#!/bin/sh
# Makes the Python environment of the tests of STAC: a real STAC API (stac-fastapi with pgstac), pystac and odc-stac; prints
# its folder, which lies in a cache folder outside the repository.
#
# usage: scripts/stac-venv.sh [FOLDER]
set -eu
folder=${1:-${ANTARES_TEST_STAC_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/stac}}
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "stac-venv: $*" >&2; }
command -v python3 >/dev/null || { say "python3 is missing. Install it: apt-get install python3-venv"; exit 69; }

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
command -v flock >/dev/null && flock 9
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say "making $folder (some minutes, once)"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || { say "venv failed. Install it: apt-get install python3-venv"; exit 69; }
{
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
        'stac-fastapi.pgstac==7.2.0' 'pypgstac[psycopg]==0.10.0' uvicorn 'pystac[validation]==1.15.2' 'odc-stac==0.5.3'
    "$folder/bin/python" -c 'import stac_fastapi.pgstac.app, odc.stac, pystac; print("pystac", pystac.__version__)'
} >&2 || { say "installing stac-fastapi failed (see above). It needs the package index."; exit 69; }
touch "$stamp"
echo "$folder"
