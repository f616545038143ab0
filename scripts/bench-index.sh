#!/usr/bin/env bash
# Times the index: starting, adding documents, and counting, searching and streaming among many datasets; beside Python's
# datacube where it is there. Runs a PostgreSQL of its own, which goes when it is done.
#
# usage: scripts/bench-index.sh [DOCUMENTS [DATASETS]]      needs .build/release/antares, and psql
# DOCUMENTS (10000) are added from files, DATASETS (1000000) made by SQL; 0 leaves the latter out.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-10000}
datasets=${2:-1000000}
antares=$PWD/.build/release/antares
program=$PWD/.build/release/datacube
ln -sf antares "$program"
work=$(mktemp -d)
chmod 755 "$work"
venv=${ANTARES_VENVS:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests}/datacube-1.8
python=${PYTHON:-$([ -e "$venv/.complete-1" ] && echo "$venv/bin/python" || true)}
export HOME=$work XDG_DATA_HOME=$work/data LC_ALL=C
unset "${!DB_@}" "${!DATACUBE_@}" "${!PG@}" 2>/dev/null || true
finish() {
    "$antares" db stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

"$antares" db start >/dev/null 2>&1
export PGHOST=$XDG_DATA_HOME/antares/postgres/run PGDATABASE=datacube
PGUSER=$(id -un)
export PGUSER
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

# The best of some runs: what the machine does otherwise makes times longer, never shorter.
best() {
    local times=() run
    for run in 1 2 3 4 5; do times+=("$(seconds "$@")"); done
    printf '%s\n' "${times[@]}" | sort -n | head -n 1
}
sql() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX "$@"; }

"$program" system init >/dev/null 2>&1
"$program" product add "$work/product.yaml" >/dev/null 2>&1
row 'start (antares --version)' "$(best "$antares" --version)" ''
row 'dataset count (empty index)' "$(best "$antares" dataset count --count-only)" ''
took=$(seconds all "$program" dataset add)
row "dataset add, $count documents" "$took" "$(rate "$took")"
row 'the same again (all are there)' "$(seconds all "$program" -q dataset add)" ''
month=(product=bench 'time in 2017-03')
place=('lat in [19,20]' 'lon in [-105,-104]')
row 'dataset search, a month, a degree' \
    "$(best "$program" dataset search -f csv "${month[@]}" "${place[@]}")" "$(($(wc -l <"$work/out") - 1)) found"
sql -c 'TRUNCATE agdc.dataset_location, agdc.dataset CASCADE' >/dev/null
"$antares" index footprints >/dev/null 2>&1
took=$(seconds all "$program" dataset add)
row "dataset add with footprints, $count documents" "$took" "$(rate "$took")"

if [ "$datasets" -gt 0 ]; then
    took=$(seconds psql -qX -v ON_ERROR_STOP=1 -v count="$datasets" -f scripts/bench-datasets.sql)
    row "making $datasets datasets by SQL" "$took" ''
    row 'system init --rebuild (indexes)' "$(seconds "$program" system init --rebuild --lock-table)" ''
    row 'index footprints' "$(seconds "$antares" index footprints)" ''
    sql -c 'VACUUM ANALYZE' >/dev/null
    row 'dataset count --count-only' "$(best "$antares" dataset count --count-only)" "$(cat "$work/out") found"
    area='POLYGON ((-105 19, -103 19, -103 21, -105 21, -105 19))'
    row 'dataset search, a month, a polygon' \
        "$(best "$antares" dataset search -f csv "${month[@]}" --geometry "$area")" \
        "$(($(wc -l <"$work/out") - 1)) found"
    # The statement that the program sends, and the time until the server gives its first row.
    "$antares" --log-queries dataset search -f csv "${month[@]}" --geometry "$area" 2>"$work/log" >/dev/null
    declare=$(sed -n '/DECLARE found/,/^debug: FETCH/p' "$work/log" | sed '$d; s/^debug: //')
    for _ in 1 2 3 4 5; do
        printf 'BEGIN;\nSET LOCAL jit TO off; SET LOCAL cursor_tuple_fraction TO 0.01;\n%s;\nFETCH 1 FROM found;\nROLLBACK;\n' \
            "$declare"
    done | psql -qAtX -c '\timing on' -f - 2>&1 | grep -o '^Time: [0-9.]*' | cut -d' ' -f2 >"$work/times" || true
    row 'the same, until the first row (server)' \
        "$(awk 'NR % 6 == 4 {d = $1} NR % 6 == 5 {t = d + $1; if (!best || t < best) best = t} END {printf "%.3f", best / 1000}' "$work/times")" ''
    measured=()
    [ -x /usr/bin/time ] && measured=(/usr/bin/time -f '%M' -o "$work/memory")
    took=$(seconds "${measured[@]}" "$antares" dataset search -f csv product=bench)
    row 'dataset search -f csv of all, a stream' "$took" "$(($(wc -l <"$work/out") - 1)) found"
    [ ! -e "$work/memory" ] || printf '%-52s %10.0f MB\n' '   its largest memory' "$(awk '{print $1 / 1024}' "$work/memory")"
fi
[ -n "$python" ] || exit 0
createdb bench_python
export DB_HOSTNAME=$PGHOST DB_DATABASE=bench_python
odc=("$python" -W ignore -m datacube.scripts.cli_app)
"${odc[@]}" system init >/dev/null 2>&1
"${odc[@]}" product add "$work/product.yaml" >/dev/null 2>&1
row 'Python: start' "$(best "${odc[@]}" --version)" ''
took=$(seconds all "${odc[@]}" dataset add)
row "Python: dataset add, $count documents" "$took" "$(rate "$took")"
row 'Python: dataset search, a month, a degree' \
    "$(best "${odc[@]}" dataset search -f csv "${month[@]}" "${place[@]}")" "$(($(wc -l <"$work/out") - 1)) found"
