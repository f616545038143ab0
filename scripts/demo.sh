#!/usr/bin/env bash
# The main job from a bare machine to a map, on simulated scenes or on the folder of scenes given.
# demo.sh [SCENES]    or    demo.sh --stop    (stops the demo's PostgreSQL)
#
# Everything it writes stands in demo-output, which serves as the home folder of the run.
# With scenes of your own: COUNTRY=gtm REGION=gtm BEGIN=2018-01-01 END=2018-12-31 scripts/demo.sh folder
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
output=${OUTPUT:-$source/demo-output}
program=$source/.build/release

# PostgreSQL lives in the output folder, unless its account cannot get there or the socket's path would be too long.
data_folder() {
    if [ -e "$output/data-folder" ]; then
        cat "$output/data-folder"
        return
    fi
    local folder=$output/data
    if [ ${#folder} -gt 70 ] || { [ "$(id -u)" = 0 ] && ! runuser -u postgres -- test -x "$output"; }; then
        folder=$(mktemp -d /var/tmp/antares-demo-XXXXXX)
        chmod 755 "$folder"
    fi
    echo "$folder" | tee "$output/data-folder"
}

# Only what the run needs is kept of the caller's settings.
isolate() {
    mkdir -p "$output/home"
    XDG_DATA_HOME=$(data_folder)
    export XDG_DATA_HOME HOME=$output/home INGESTION_PATH=$output/tiles PATH=$program:$PATH
    unset XDG_CONFIG_HOME DATACUBE_CONFIG_PATH DATACUBE_ENVIRONMENT DATACUBE_DB_URL ANTARES_SHARE "${!DB_@}" "${!DATABASE_@}" "${!PG@}"
}

# Shows a command line, runs it and notes how long it took.
step() {
    local from=$EPOCHREALTIME
    printf '\n\033[1m$ %s\033[0m\n' "$1"
    eval "$1"
    printf '%s\t%s\n' "$(echo "$EPOCHREALTIME $from" | awk '{printf "%.2f", $1 - $2}')" "$1" >>"$output/times.tsv"
}

if [ "${1:-}" = --stop ]; then
    if [ -e "$output/data-folder" ] && [ -x "$program/antares" ]; then
        isolate
        antares db stop
    fi
    exit 0
fi

mkdir -p "$output"
scenes=${1:+$(cd "$1" && pwd)}
isolate
cd "$output"
begin=${BEGIN:-2017-01-01} end=${END:-2017-12-31} country=${COUNTRY:-mex}
started=$SECONDS
rm -f times.tsv
if [ -z "$scenes" ]; then
    region=${REGION:-Jalisco}
    scenes=$output/simulated/scenes
    elevation=$output/simulated/srtm
    if [ ! -e simulated/complete ]; then
        rm -rf simulated
        step "antares simulate --out simulated --lon -103.4 --lat 20.6 --begin 2017-01-15 --end 2017-11-15 --count 6 --elevation"
        touch simulated/complete
    fi
else
    region=${REGION:-$country}
    elevation=${ELEVATION:-}
fi
mkdir -p ~/.config/madmex/regions
cp "$source/Examples/demo/regions.geojson" ~/.config/madmex/regions/

step "antares init -c $country"
step "datacube -v system init && datacube system check"
step "datacube -v product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml"
step "antares prepare_metadata --path $(printf %q "$scenes") --dataset_name s2_l2a_20m --outfile s2.yaml"
step "datacube -v dataset add s2.yaml"
if [ -n "$elevation" ]; then
    step "datacube -v product add ~/.config/madmex/indexing/srtm_cgiar.yaml"
    step "antares prepare_metadata --path $(printf %q "$elevation") --dataset_name srtm_cgiar --outfile srtm.yaml"
    step "datacube -v dataset add srtm.yaml"
fi
step "datacube -v ingest -c ~/.config/madmex/ingestion/s2_l2a_20m_mexico.yaml --executor multiproc 2"
step "antares apply_recipe -recipe s2_20m_001 -b $begin -e $end -region $(printf %q "$region") --name s2_001_jalisco_2017"
step "antares list products; antares quicklook -p s2_001_jalisco_2017 -o jalisco.png"

printf '\nDone in %d s. The map: %s\n' $((SECONDS - started)) "$output/jalisco.png"
printf 'Try more: export HOME=%q XDG_DATA_HOME=%q PATH=%q:$PATH\n' "$HOME" "$XDG_DATA_HOME" "$program"
printf 'Its PostgreSQL keeps running; stop it by: scripts/demo.sh --stop\n'
