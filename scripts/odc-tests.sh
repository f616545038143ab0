#!/bin/sh
# Lays out the Open Data Cube's own integration tests in a folder: those of datacube 1.8.20's source distribution, our
# stand-ins for the documents that it leaves out, and its example of a reader, which its tests in three dimensions need.
# The distribution is fetched once, from the package index, into the cache.
#
# usage: scripts/odc-tests.sh FOLDER
set -eu
[ $# = 1 ] || { echo "usage: scripts/odc-tests.sh FOLDER" >&2; exit 64; }
target=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests
archive=$cache/datacube-1.8.20.tar.gz
digest=d80d586198f0210fe543300829b7f447fe7a8ebd2345ea9850f9c0ff9ffbaa71

say() { echo "odc-tests: $*" >&2; }
venv=$("$here/venv.sh" datacube-1.8)
mkdir -p "$cache"
exec 9>"$archive.lock"
command -v flock >/dev/null && flock 9
tools=$venv/.complete-pytest-1
if [ ! -e "$tools" ]; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check pytest pytest-timeout pytest-httpserver hypothesis >&2 || {
        say "installing pytest failed (see above): is the package index reachable?"
        exit 69
    }
    touch "$tools"
fi
if [ ! -e "$archive" ]; then
    say "fetching the source distribution of datacube 1.8.20 (once)"
    part=$(mktemp -d "$cache/fetch.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$part" \
        'datacube==1.8.20' >&2 || { say "fetching failed: is the package index reachable?"; exit 69; }
    echo "$digest  $part/datacube-1.8.20.tar.gz" | sha256sum --check --quiet >&2
    mv "$part/datacube-1.8.20.tar.gz" "$archive"
fi
exec 9>&-

mkdir -p "$target"
tar -xzf "$archive" -C "$target" --strip-components=1 \
    datacube-1.8.20/integration_tests datacube-1.8.20/tests/data datacube-1.8.20/examples
cp -R "$here/../Tests/odc/docs" "$target/docs"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --target "$target/plugins" "$target/examples/io_plugin" >&2
