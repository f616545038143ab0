#!/usr/bin/env bash
# Times jobs of the block engine on a simulated archive, and the same jobs by other programs on the same files with the same
# two threads. Writes bench-output/times.tsv, prints a table, and draws cost.svg: cost against dates and pixels.
#
# Sizes by variable: BENCH_KM=60 (a tile's side; 120 gives 4000 x 4000 px), BENCH_DATES=24, BENCH_THREADS=2, BENCH_MEMORY=1G,
# BENCH_DATES_MANY=200 (dates of the run that shows bounded memory, 0 leaves it out). BENCH_PEERS=no leaves Python out.
set -euo pipefail
cd "$(dirname "$0")/.."
export OUTPUT=$PWD/bench-output LC_ALL=C
km=${BENCH_KM:-60} dates=${BENCH_DATES:-24} threads=${BENCH_THREADS:-2} memory=${BENCH_MEMORY:-1G} many=${BENCH_DATES_MANY:-200}
program=${BENCH_PROGRAM:-$PWD/.build/release}
[ -x "$program/antares" ] && [ -x "$program/GDALFloor" ] || { echo 'Build first: make bench does.' >&2; exit 69; }
mkdir -p "$OUTPUT/home" "$OUTPUT/out"
table=$OUTPUT/times.tsv
rm -f "$table"

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

measure() {
    local name=$1
    shift
    echo "  $name" >&2
    HOME=$OUTPUT/home INGESTION_PATH=$OUTPUT/tiles python3 scripts/bench/measure.py "$table" "$name" "$@" ||
        echo "  $name FAILED" >&2
}
simulate() { # folder, km, dates, first and last year
    [ -e "$1/complete-$2-$3" ] && return
    rm -rf "$1"
    antares simulate --sensor landsat_c2 --out "$1" --lon -103.4 --lat 20.6 --size-km "$2" --tiles 2 --begin "$4-01-01" \
        --end "$5-12-31" --count "$3" --cloud-cover 0.35 -q >/dev/null
    touch "$1/complete-$2-$3"
}
index() { # folder, document
    antares prepare_metadata --path "$1/scenes" --dataset_name landsat_c2 --outfile "$2" >/dev/null
    antares dataset add "$2" >/dev/null
}

echo "Archive: $dates dates, 2 overlapping tiles of $km km" >&2
simulate "$OUTPUT/archive" "$km" "$dates" 2017 2017
antares db start >/dev/null 2>&1 || true
antares system init >/dev/null
antares product add config-templates/indexing/landsat_c2_l2.yaml >/dev/null
index "$OUTPUT/archive" "$OUTPUT/archive.yaml"

run=("$program/antares" -q)
limits=(--jobs "$threads" --memory "$memory" --overwrite)
bands=(blue green red nir swir1 swir2)
mapfile -t files < <(find "$OUTPUT/archive/scenes" -name '*_SR_B[2-7].TIF' -o -name '*_QA_PIXEL.TIF' | sort)
cat "${files[@]}" >/dev/null # into the page cache
clear=(--mask pixel_qa.dilated_cloud=not_dilated_cloud pixel_qa.cirrus=not_cirrus pixel_qa.cloud=not_cloud
    pixel_qa.cloud_shadow=not_cloud_shadow)
median=(composite -p landsat_c2_l2 -b "${bands[@]}" --reduce median "${clear[@]}" "${limits[@]}" --time)
measure 'GDAL floor: decode all blocks, write 6 bands' "$program/GDALFloor" "$OUTPUT/out/floor.tif" 6 "$threads" "${files[@]}"
measure 'median of 6 bands, same CRS: antares' "${run[@]}" "${median[@]}" 2017 -o "$OUTPUT/out/median.tif"
measure 'the same with one thread' "${run[@]}" "${median[@]}" 2017 --jobs 1 -o "$OUTPUT/out/median1.tif"
measure 'median onto EPSG:6372, nearest: antares' "${run[@]}" "${median[@]}" 2017 --crs EPSG:6372 --resolution 30 -o "$OUTPUT/out/warped.tif"
measure 'median onto EPSG:6372, bilinear: antares' "${run[@]}" "${median[@]}" 2017 --crs EPSG:6372 --resolution 30 \
    --resampling bilinear -o "$OUTPUT/out/bilinear.tif"
if [ "${BENCH_PEERS:-yes}" != no ] && python=$(HOME=$HOME_OF_USER scripts/venv.sh odc-stac); then
    peer=("$python/bin/python" scripts/bench/odc_stac_median.py "$OUTPUT/archive/scenes")
    measure 'median of 6 bands, same CRS: odc-stac' "${peer[@]}" "$OUTPUT/out/odc.tif"
    measure 'median onto EPSG:6372, nearest: odc-stac' "${peer[@]}" "$OUTPUT/out/odc-warped.tif" EPSG:6372
    measure 'median onto EPSG:6372, bilinear: odc-stac' "${peer[@]}" "$OUTPUT/out/odc-bilinear.tif" EPSG:6372 bilinear
    measure 'NDVI mean min max std p10 p50 p90: odc-stac' "$python/bin/python" scripts/bench/odc_stac_ndvi.py \
        "$OUTPUT/archive/scenes" "$OUTPUT/out/odc-ndvi.tif"
fi
# Neither is in Debian's packages or in Python's index.
for peer in force-higher-level gdalcubes; do
    command -v "$peer" >/dev/null || echo "  $peer is not installed: left out" >&2
done

recipe=(apply_recipe -b 2017-01-01 -e 2017-12-31 -lat 19 22 -long -105 -102 "${limits[@]}")
measure 'NDVI mean min max std p10 p50 p90: antares' "${run[@]}" "${recipe[@]}" -recipe scripts/bench/ndvi.yaml --name bench_ndvi
measure 'geometric median of 6 bands with deviations: antares' "${run[@]}" "${recipe[@]}" -recipe scripts/bench/geomedian.yaml \
    --name bench_geomedian

# Cost against dates, and against pixels: a quarter of the year, or of the area, more each time.
for month in 03-31 06-30 09-30 12-31; do
    found=$(antares dataset search -f csv product=landsat_c2_l2 "time in [2017-01-01, 2017-$month]" | tail -n +2 | grep -c .)
    measure "cost of $((found / 2)) dates" "${run[@]}" "${median[@]}" 2017-01-01 "2017-$month" -o "$OUTPUT/out/dates.tif"
done
for share in 1 2 3 4; do
    north=$(awk -v km="$km" -v share="$share" 'BEGIN { printf "%.4f", 20.6 + 0.95 * km / 110.7 * (share / 2 - 1) }')
    area=("${run[@]}" "${median[@]}" 2017 -lat 19 "$north" -long -105 -102 -o "$OUTPUT/out/area.tif")
    HOME=$OUTPUT/home "${area[@]}" >/dev/null
    size=$(gdalinfo "$OUTPUT/out/area.tif" | awk '/^Size is/ { printf "%.2f", $3 * $4 / 1e6 }')
    measure "cost of $size Mpx" "${area[@]}"
done

sed "s|@LOCATION@|$OUTPUT/tiles|" scripts/bench/ingest.yaml >"$OUTPUT/ingest.yaml"
rm -rf "$OUTPUT/tiles"
measure 'ingest onto EPSG:6372, netCDF-4 deflate 4: antares' "${run[@]}" ingest -c "$OUTPUT/ingest.yaml" --year 2017 "${limits[@]}"
mkdir -p "$OUTPUT/gdal"
warp() {
    printf '%s\n' "${files[@]}" | xargs -P "$1" -I{} sh -c 'gdalwarp -q -overwrite -t_srs EPSG:6372 -tr 30 30 -tap -r near \
        -of netCDF -co FORMAT=NC4 -co COMPRESS=DEFLATE -co ZLEVEL=4 "$1" "$2/$(basename "$1").nc"' _ {} "$OUTPUT/gdal"
}
export -f warp
export files_list=$OUTPUT/files.txt
printf '%s\n' "${files[@]}" >"$files_list"
measure 'gdalwarp of the same bands to netCDF, a process a core' bash -c \
    'mapfile -t files <"$files_list"; warp '"$threads"
rm -rf "$OUTPUT/gdal"

measure 'export of one date as COG: antares' "${run[@]}" export -n landsat_c2_l2 -b "${bands[@]}" --time 2017-01-01 \
    "${limits[@]}" -o "$OUTPUT/out/export.tif"
if [ -e "$OUTPUT/out/export.tif" ]; then
    gdal_translate -q -co TILED=YES "$OUTPUT/out/export.tif" "$OUTPUT/out/plain.tif"
    measure "GDAL's COG driver on the same pixels" gdal_translate -q -of COG -co COMPRESS=DEFLATE -co PREDICTOR=2 \
        -co NUM_THREADS="$threads" "$OUTPUT/out/plain.tif" "$OUTPUT/out/gdal-cog.tif"
fi

if [ "$many" != 0 ]; then
    simulate "$OUTPUT/many" 24 "$many" 2018 2020
    index "$OUTPUT/many" "$OUTPUT/many.yaml"
    measure "median of 6 bands, $many dates, --memory $memory" "${run[@]}" "${median[@]}" 2018 2020 -o "$OUTPUT/out/many.tif"
fi

printf '\n%-58s %9s %9s %9s\n' job wall CPU MiB
awk -F '\t' '{ printf "%-58s %9s %9s %9s%s\n", $1, $2, $3, $4, $5 == 0 ? "" : "  FAILED" }' "$table"

python3 scripts/bench/plot.py "$table" "$OUTPUT/cost.svg" || true

printf "\nkernels on one thread\n"
scripts/bench-kernels.sh
