#!/bin/sh
# Makes a Python environment that the tests compare with, and prints its folder: the Open Data Cube with what it
# needs, in a cache folder outside the repository.
#
# usage: scripts/python-venv.sh [1.8|1.9|FOLDER]
#   1.8     datacube 1.8.20 (the default)
#   1.9     datacube 1.9.20
#   FOLDER  1.8 in that folder
set -eu
cache=${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests
case ${1:-1.8} in
    1.8) series=1.8 folder=${ANTARES_TEST_VENV:-$cache/datacube-1.8} ;;
    1.9) series=1.9 folder=$cache/datacube-1.9 ;;
    *) series=1.8 folder=$1 ;;
esac
case $series in
    # setuptools: datacube 1.8 imports pkg_resources.
    1.8) version=1.8.20 needs='sqlalchemy>=1.4,<2 psycopg2>=2.9,<3 setuptools<81' ;;
    # SQLAlchemy 2.1 takes psycopg 3 for what datacube 1.9.20 means as psycopg2.
    1.9) version=1.9.20 needs='sqlalchemy<2.1 psycopg2>=2.9,<3' ;;
esac
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "python-venv: $*" >&2; }
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
    # shellcheck disable=SC2086 # words on purpose
    "$folder/bin/pip" install --quiet --disable-pip-version-check "datacube==$version" $needs
    "$folder/bin/python" -W ignore -c 'import datacube, psycopg2, rasterio; print("datacube", datacube.__version__)'
} >&2 || { say "installing datacube $version failed (see above). It needs libpq-dev, python3-dev, a C compiler and the package index."; exit 69; }
touch "$stamp"
echo "$folder"
