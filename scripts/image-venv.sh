#!/bin/sh
# Makes the Python environment with scikit-image (histogram matching) and rio-cogeo (the validator of cloud-optimised
# GeoTIFFs) that tests compare with, and prints its folder; it lies in a cache folder outside the repository.
#
# usage: scripts/image-venv.sh [FOLDER]
set -eu
folder=${1:-${ANTARES_TEST_IMAGE_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/image}}
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "image-venv: $*" >&2; }
command -v python3 >/dev/null || { say "python3 is missing. Install it: apt-get install python3-venv python3-dev"; exit 69; }

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
command -v flock >/dev/null && flock 9
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say "making $folder (once)"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || { say "venv failed. Install it: apt-get install python3-venv"; exit 69; }
"$folder/bin/pip" install --quiet --disable-pip-version-check scikit-image rio-cogeo >&2 || {
    say "installing scikit-image and rio-cogeo failed (see above). It needs the package index."
    exit 69
}
touch "$stamp"
echo "$folder"
