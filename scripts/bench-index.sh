#!/usr/bin/env bash
# Times the index: adding 10,000 documents, counting, searching and starting; beside Python's datacube where it is there.
#
# usage: scripts/bench-index.sh [DOCUMENTS]      needs .build/release/datacube, or DATACUBE=program
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-10000}
program=${DATACUBE:-$PWD/.build/release/datacube}
work=$(mktemp -d)
export HOME=$work XDG_DATA_HOME=$work/data LC_ALL=C
python=${PYTHON:-}
export PGHOST=${BENCH_PGHOST:?name the folder of a socket or a host where databases may be made}
databases=(bench_ours bench_python)
finish() {
    for name in "${databases[@]}"; do dropdb --if-exists "$name" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT

mkdir "$work/docs"
cat >"$work/product.yaml" <<'END'
name: bench
description: Documents to measure with
metadata_type: eo3
metadata: {product: {name: bench}}
measurements:
- {name: red, dtype: uint16, nodata: 0, units: "1"}
- {name: nir, dtype: uint16, nodata: 0, units: "1"}
END
awk -v n="$count" -v folder="$work/docs" 'BEGIN {
    for (i = 0; i < n; i++) {
        file = folder "/" i ".yaml"
        printf "$schema: https://schemas.opendatacube.org/dataset\nid: 6d4894ed-3368-47cb-a8f4-%012d\n", i > file
        printf "product: {name: bench}\ncrs: EPSG:32613\ngrids:\n  default: {shape: [3660, 3660], transform: " > file
        printf "[30.0, 0.0, %.1f, 0.0, -30.0, %.1f, 0, 0, 1]}\n", 200000 + i % 100 * 6000, 2000000 + i % 90 * 7000 > file
        printf "properties: {datetime: %d-%02d-%02dT17:20:00Z, eo:cloud_cover: %d.5, odc:file_format: GeoTIFF,", \
            2015 + i % 8, 1 + i % 12, 1 + i % 28, i % 100 > file
        printf " odc:region_code: r%04d}\nmeasurements: {red: {path: red.tif}, nir: {path: nir.tif}}\n", i % 9000 > file
        printf "lineage: {}\n" > file
        close(file)
    }
}'
find "$work/docs" -name '*.yaml' >"$work/list"

seconds() {
    local from=$EPOCHREALTIME
    "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
    awk -v a="$EPOCHREALTIME" -v b="$from" 'BEGIN {printf "%.3f", a - b}'
}
all() { xargs -a "$work/list" -n 100000 "$@"; }
row() { printf '%-52s %10s s %12s\n' "$1" "$2" "$3"; }
rate() { awk -v n="$count" -v s="$1" 'BEGIN {printf "%.0f/s", n / s}'; }

createdb bench_ours
export DB_HOSTNAME=$PGHOST DB_DATABASE=bench_ours
"$program" system init >/dev/null 2>&1
"$program" product add "$work/product.yaml" >/dev/null 2>&1
row 'start (datacube --version)' "$(seconds "$program" --version)" ''
took=$(seconds all "$program" dataset add)
row "dataset add, $count documents" "$took" "$(rate "$took")"
row 'the same again (all are there)' "$(seconds all "$program" -q dataset add)" ''
row 'dataset count --count-only' "$(seconds "$program" dataset count --count-only)" "$(cat "$work/out") found"
row 'dataset search, product, a month, a degree' \
    "$(seconds "$program" dataset search -f csv product=bench 'time in 2017-03' 'lat in [19,20]' 'lon in [-105,-104]')" \
    "$(($(wc -l <"$work/out") - 1)) found"
[ -n "$python" ] || exit 0
createdb bench_python
export DB_DATABASE=bench_python
odc=("$python" -W ignore -m datacube.scripts.cli_app)
"${odc[@]}" system init >/dev/null 2>&1
"${odc[@]}" product add "$work/product.yaml" >/dev/null 2>&1
row 'Python: start' "$(seconds "${odc[@]}" --version)" ''
took=$(seconds all "${odc[@]}" dataset add)
row "Python: dataset add, $count documents" "$took" "$(rate "$took")"
row 'Python: dataset search, the same' \
    "$(seconds "${odc[@]}" dataset search -f csv product=bench 'time in 2017-03' 'lat in [19,20]' 'lon in [-105,-104]')" \
    "$(($(wc -l <"$work/out") - 1)) found"
