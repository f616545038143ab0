#!/usr/bin/env bash
# Times jobs of the block engine on a simulated archive, and the same jobs by other programs on the same files with the same
# two threads. Writes bench-output/times.tsv, prints a table, and draws cost.svg: cost against dates and pixels.
#
# usage: bench.sh [PART...]
#   composites  medians, and the floor: what GDAL takes to decode the same blocks and write the same output
#   peers       the same medians, and NDVI statistics, by odc-stac
#   statistics  NDVI statistics, geometric medians
#   cost        a median of more and more dates, and of more and more pixels
#   ingest      tiles onto another CRS, and gdalwarp
#   export      cloud-optimised GeoTIFFs, and GDAL's COG driver
#   many        a median of BENCH_DATES_MANY dates within 1 GiB
#   kernels     single functions on one thread, and numpy and hdstats
# Without one all are run. Rows that a part measures again replace those of the table. A machine's speed changes from one
# minute to the next: composites, peers and statistics take turns, BENCH_ROUNDS times, and their rows are means.
#
# Sizes by variable: BENCH_KM=60 (a tile's side; 120 gives 4000 x 4000 px), BENCH_DATES=24, BENCH_THREADS=2, BENCH_MEMORY=2G,
# BENCH_DATES_MANY=200, BENCH_ROUNDS=2. BENCH_PEERS=no leaves Python out.
set -euo pipefail
cd "$(dirname "$0")/.."
export OUTPUT=$PWD/bench-output LC_ALL=C
km=${BENCH_KM:-60} dates=${BENCH_DATES:-24} threads=${BENCH_THREADS:-2} memory=${BENCH_MEMORY:-2G} many=${BENCH_DATES_MANY:-200}
rounds=${BENCH_ROUNDS:-2} round=1
program=${BENCH_PROGRAM:-$PWD/.build/release}
[ -x "$program/antares" ] && [ -x "$program/GDALFloor" ] || { echo 'Build first: make bench does.' >&2; exit 69; }
mkdir -p "$OUTPUT/home" "$OUTPUT/out"
table=$OUTPUT/times.tsv
parts=("$@") later=()
[ $# -gt 0 ] || parts=(composites peers statistics cost ingest export many kernels)

data=$(mktemp -d /var/tmp/antares-bench-XXXXXX)
chmod 755 "$data"
export XDG_DATA_HOME=$data HOME_OF_USER=$HOME
unset XDG_CONFIG_HOME DATACUBE_CONFIG_PATH DATACUBE_ENVIRONMENT DATACUBE_DB_URL "${!DB_@}" "${!DATABASE_@}" "${!PG@}"
antares() { HOME=$OUTPUT/home INGESTION_PATH=$OUTPUT/tiles "$program/antares" "$@"; }
finish() {
    antares db stop >/dev/null 2>&1 || true
    rm -rf "$data"
}
trap finish EXIT

measure() { # bands that are needed of every scene in $pixels, name, command
    local work=$(($1 * pixels)) name=$2
    shift 2
    echo "  $name" >&2
    HOME=$OUTPUT/home INGESTION_PATH=$OUTPUT/tiles python3 scripts/bench/measure.py "$table" "$round" "$work" \
        "$name" "$@" ||
        echo "  $name FAILED" >&2
}
simulate() { # folder, km, dates, first and last year
    [ -e "$1/complete-$2-$3" ] && return
    rm -rf "$1"
    antares simulate --sensor landsat_c2 --out "$1" --lon -103.4 --lat 20.6 --size-km "$2" --tiles 2 --begin "$4-01-01" \
        --end "$5-12-31" --count "$3" --cloud-cover 0.35 -q >/dev/null
    touch "$1/complete-$2-$3"
}
count_pixels() { # folder: pixels of one band of all its scenes
    local first size
    first=$(find "$1/scenes" -name '*_SR_B2.TIF' | head -1)
    size=$(gdalinfo "$first" | awk '/^Size is/ { print $3 * $4 }')
    echo $((size * $(find "$1/scenes" -name '*_SR_B2.TIF' | wc -l)))
}
index() { # folder, document
    antares prepare_metadata --path "$1/scenes" --dataset_name landsat_c2 --outfile "$2" >/dev/null
    antares dataset add "$2" >/dev/null
}

run=("$program/antares" -q)
limits=(--jobs "$threads" --memory "$memory" --overwrite)
bands=(blue green red nir swir1 swir2)
clear=(--mask pixel_qa.dilated_cloud=not_dilated_cloud pixel_qa.cirrus=not_cirrus pixel_qa.cloud=not_cloud
    pixel_qa.cloud_shadow=not_cloud_shadow)
median=(composite -p landsat_c2_l2 -b "${bands[@]}" --reduce median "${clear[@]}" "${limits[@]}" --time)
warped=(--crs EPSG:6372 --resolution 30)

part_composites() {
    measure 6 'GDAL floor: decode all blocks, write 6 bands' "$program/GDALFloor" "$OUTPUT/out/floor.tif" 6 "$threads" "${files[@]}"
    measure 6 'median of 6 bands, same CRS: antares' "${run[@]}" "${median[@]}" 2017 -o "$OUTPUT/out/median.tif"
    measure 6 'the same with one thread' "${run[@]}" "${median[@]}" 2017 --jobs 1 -o "$OUTPUT/out/median1.tif"
    measure 6 'median onto EPSG:6372, nearest: antares' "${run[@]}" "${median[@]}" 2017 "${warped[@]}" -o "$OUTPUT/out/warped.tif"
    measure 6 'median onto EPSG:6372, bilinear: antares' "${run[@]}" "${median[@]}" 2017 "${warped[@]}" --resampling bilinear \
        -o "$OUTPUT/out/bilinear.tif"
}
part_peers() {
    local python peer
    # Neither is in Debian's packages or in Python's index.
    for peer in force-higher-level gdalcubes; do
        command -v "$peer" >/dev/null || echo "  $peer is not installed: left out" >&2
    done
    [ "${BENCH_PEERS:-yes}" != no ] && python=$(HOME=$HOME_OF_USER scripts/venv.sh odc-stac)/bin/python || return 0
    peer=("$python" scripts/bench/odc_stac_median.py "$OUTPUT/archive/scenes")
    measure 6 'median of 6 bands, same CRS: odc-stac' "${peer[@]}" "$OUTPUT/out/odc.tif"
    measure 6 'median onto EPSG:6372, nearest: odc-stac' "${peer[@]}" "$OUTPUT/out/odc-warped.tif" EPSG:6372
    measure 6 'median onto EPSG:6372, bilinear: odc-stac' "${peer[@]}" "$OUTPUT/out/odc-bilinear.tif" EPSG:6372 bilinear
    measure 2 'NDVI mean min max std p10 p50 p90: odc-stac' "$python" scripts/bench/odc_stac_ndvi.py \
        "$OUTPUT/archive/scenes" "$OUTPUT/out/odc-ndvi.tif"
    measure 2 'NDVI mean min max std p10 p50 p90: odc-stac with dask' "$python" scripts/bench/odc_stac_ndvi_dask.py \
        "$OUTPUT/archive/scenes" "$OUTPUT/out/odc-ndvi-dask.tif"
}
part_statistics() {
    local recipe=(apply_recipe -b 2017-01-01 -e 2017-12-31 -lat 19 22 -long -105 -102 "${limits[@]}")
    measure 2 'NDVI mean min max std p10 p50 p90: antares' "${run[@]}" "${recipe[@]}" -recipe scripts/bench/ndvi.yaml \
        --name bench_ndvi
    measure 6 'geometric median of 6 bands with deviations: antares' "${run[@]}" "${recipe[@]}" \
        -recipe scripts/bench/geomedian.yaml --name bench_geomedian
}
# A quarter of the year, or of the area, more each time; rows of earlier runs go, whose areas may have been others.
part_cost() {
    local month share found north size
    [ -e "$table" ] && sed -i '/^cost of /d' "$table"
    for month in 03-31 06-30 09-30 12-31; do
        found=$(antares dataset search -f csv product=landsat_c2_l2 "time in [2017-01-01, 2017-$month]" | tail -n +2 | grep -c .)
        measure 6 "cost of $((found / 2)) dates" "${run[@]}" "${median[@]}" 2017-01-01 "2017-$month" -o "$OUTPUT/out/dates.tif"
    done
    for share in 1 2 3 4; do
        north=$(awk -v km="$km" -v share="$share" 'BEGIN { printf "%.4f", 20.6 + 0.95 * km / 110.7 * (share / 2 - 1) }')
        measure 6 "cost of share $share" "${run[@]}" "${median[@]}" 2017 -lat 19 "$north" -long -105 -102 -o "$OUTPUT/out/area.tif"
        size=$(gdalinfo "$OUTPUT/out/area.tif" | awk '/^Size is/ { printf "%.2f", $3 * $4 / 1e6 }')
        sed -i "s/^cost of share $share\t/cost of $size Mpx\t/" "$table"
    done
    python3 scripts/bench/plot.py "$table" "$OUTPUT/cost.svg" || echo "  the plot FAILED" >&2
}
part_ingest() {
    sed "s|@LOCATION@|$OUTPUT/tiles|" scripts/bench/ingest.yaml >"$OUTPUT/ingest.yaml"
    rm -rf "$OUTPUT/tiles"
    measure 7 'ingest onto EPSG:6372, netCDF-4 deflate 4: antares' "${run[@]}" ingest -c "$OUTPUT/ingest.yaml" --year 2017 \
        "${limits[@]}"
    mkdir -p "$OUTPUT/gdal"
    printf '%s\n' "${files[@]}" >"$OUTPUT/files.txt"
    # shellcheck disable=SC2016
    measure 7 'ingest onto EPSG:6372, netCDF-4 deflate 4: gdalwarp, a process a core' xargs -a "$OUTPUT/files.txt" -P "$threads" -I{} sh -c \
        'gdalwarp -q -overwrite -t_srs EPSG:6372 -tr 30 30 -tap -r near -of netCDF -co FORMAT=NC4 -co COMPRESS=DEFLATE \
        -co ZLEVEL=4 "$1" "$2/$(basename "$1").nc"' _ {} "$OUTPUT/gdal"
    rm -rf "$OUTPUT/gdal"
}
part_export() {
    local suffix stacks=() pixels=$((pixels / dates))
    measure 6 'export of one date as COG: antares' "${run[@]}" export -n landsat_c2_l2 -b "${bands[@]}" --time 2017-01-01 \
        "${limits[@]}" -o "$OUTPUT/out/export.tif"
    for suffix in 2 3 4 5 6 7; do
        gdalbuildvrt -q -overwrite "$OUTPUT/out/band$suffix.vrt" "$OUTPUT"/archive/scenes/*_20170101_*/*_SR_B$suffix.TIF
        stacks+=("$OUTPUT/out/band$suffix.vrt")
    done
    gdalbuildvrt -q -overwrite -separate "$OUTPUT/out/stack.vrt" "${stacks[@]}"
    measure 6 "export of one date as COG: GDAL's COG driver" gdal_translate -q -of COG -co COMPRESS=DEFLATE -co PREDICTOR=2 \
        -co NUM_THREADS="$threads" "$OUTPUT/out/stack.vrt" "$OUTPUT/out/gdal-cog.tif"
}
part_many() {
    local pixels
    simulate "$OUTPUT/many" 24 "$many" 2018 2020
    index "$OUTPUT/many" "$OUTPUT/many.yaml"
    pixels=$(count_pixels "$OUTPUT/many")
    measure 6 "median of 6 bands, $many dates, --memory 1G" "${run[@]}" "${median[@]}" 2018 2020 --memory 1G -o "$OUTPUT/out/many.tif"
}
part_kernels() { scripts/bench-kernels.sh; }

antares db start >/dev/null 2>&1 || true
antares system init >/dev/null
antares product add config-templates/indexing/landsat_c2_l2.yaml >/dev/null
echo "Archive: $dates dates, 2 overlapping tiles of $km km" >&2
simulate "$OUTPUT/archive" "$km" "$dates" 2017 2017
index "$OUTPUT/archive" "$OUTPUT/archive.yaml"
mapfile -t files < <(find "$OUTPUT/archive/scenes" -name '*_SR_B[2-7].TIF' -o -name '*_QA_PIXEL.TIF' | sort)
cat "${files[@]}" >/dev/null # into the page cache
pixels=$(count_pixels "$OUTPUT/archive")

for round in $(seq "$rounds"); do
    for part in "${parts[@]}"; do
        case $part in
            composites | peers | statistics) "part_$part" ;;
            *) [ "$round" -gt 1 ] || later+=("$part") ;;
        esac
    done
done
round=1
for part in "${later[@]}"; do "part_$part"; done

# Speed: million source pixels, by bands and dates, a second of CPU. Floor: CPU time against that of the floor. Ratio: CPU
# time against that of antares at the same job.
printf '\n%-70s %8s %8s %6s %8s %6s %6s\n' job wall CPU MiB Mpx/CPUs floor ratio
awk -F '\t' '
    FNR == NR { cpu[$1] = $3; next }
    {
        job = $1; sub(/: [^:]*$/, "", job)
        floor = cpu["GDAL floor: decode all blocks, write 6 bands"]
        own = cpu[job ": antares"]
        printf "%-70s %8s %8s %6s %8s %6s %6s%s\n", $1, $2, $3, $4, $1 ~ /^cost/ ? "" : sprintf("%.0f", $6 / $3 / 1e6),
            $1 ~ /^(GDAL floor|median of 6 bands, same|the same|median onto)/ && floor ? sprintf("%.2f", $3 / floor) : "",
            own && $1 != job ": antares" ? sprintf("%.2f", $3 / own) : "", $5 == 0 ? "" : "  FAILED"
    }' "$table" "$table"
