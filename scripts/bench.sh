#!/usr/bin/env bash
# Times the main job on simulated scenes, and GDAL's own tools reading and warping the same bands.
set -euo pipefail
cd "$(dirname "$0")/.."
export OUTPUT=$PWD/bench-output LC_ALL=C
bands=(B02 B03 B04 B05 B06 B07 B8A B11 B12 SCL)

scripts/demo.sh --stop >/dev/null
rm -rf "$OUTPUT"
scripts/demo.sh
trap 'scripts/demo.sh --stop >/dev/null' EXIT

seconds_of() { awk -F '\t' -v what="$1" 'index($2, what) {print $1; exit}' "$OUTPUT/times.tsv"; }
timed() {
    local from=$EPOCHREALTIME
    "$@" >/dev/null
    echo "$EPOCHREALTIME $from" | awk '{printf "%.2f", $1 - $2}'
}
band_files() {
    local band
    for band in "${bands[@]}"; do
        find "$OUTPUT/simulated/scenes" -path '*R20m*' -name "*_${band}_20m.*" -not -name '*.xml'
    done
}
warp_all() {
    mkdir -p "$OUTPUT/gdal"
    band_files | xargs -P "$(nproc)" -I{} sh -c 'gdalwarp -q -overwrite -t_srs EPSG:6372 -tr 20 20 -tap -r near \
        -of netCDF -co FORMAT=NC4 -co COMPRESS=DEFLATE -co ZLEVEL=4 "$1" "$2/$(basename "$1").nc"' _ {} "$OUTPUT/gdal"
}
read_all() { find "$OUTPUT/gdal" -name '*.nc' -print0 | xargs -0 -P "$(nproc)" -n 1 gdalinfo -checksum; }

ingest=$(seconds_of 'datacube -v ingest')
recipe=$(seconds_of 'antares apply_recipe')
warp=$(timed warp_all)
read=$(timed read_all)
printf '\n%-58s %9s\n' 'job' 'seconds'
printf '%-58s %9.2f\n' 'datacube ingest' "$ingest" \
    'gdalwarp of the same bands, one process a band and core' "$warp" \
    'antares apply_recipe' "$recipe" 'gdalinfo -checksum of the warped bands (reading alone)' "$read"
awk -v a="$ingest" -v b="$warp" -v c="$recipe" -v d="$read" 'BEGIN {
    printf "ingest / gdalwarp: %.2f    apply_recipe / reading: %.2f\n", a / b, c / d }'

printf "\nkernels on one thread\n"
scripts/bench-kernels.sh
