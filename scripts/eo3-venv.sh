#!/bin/sh
# Makes the Python environment that checks dataset documents (`eo3-validate` of eodatasets3), and prints its folder;
# it lies in a cache folder outside the repository.
#
# usage: scripts/eo3-venv.sh [FOLDER]
set -eu
folder=${1:-${ANTARES_TEST_EO3_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/eodatasets3}}
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "eo3-venv: $*" >&2; }
command -v python3 >/dev/null || { say "python3 is missing. Install it: apt-get install python3-venv python3-dev"; exit 69; }
command -v pg_config >/dev/null || { say "pg_config is missing. Install it: apt-get install libpq-dev"; exit 69; }

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
command -v flock >/dev/null && flock 9
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say "making $folder (some minutes, once)"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || { say "venv failed. Install it: apt-get install python3-venv"; exit 69; }
{
    "$folder/bin/pip" install --quiet --disable-pip-version-check --upgrade 'setuptools<81' wheel
    # psycopg2 has no wheels, it is built against libpq-dev and python3-dev.
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
        'eodatasets3==0.30.10' 'datacube==1.8.20' 'sqlalchemy>=1.4,<2' 'psycopg2>=2.9,<3' 'setuptools<81'
    "$folder/bin/eo3-validate" --help >/dev/null
} >&2 || { say "installing eodatasets3 failed (see above). It needs libpq-dev, python3-dev, a C compiler and the package index."; exit 69; }
touch "$stamp"
echo "$folder"
