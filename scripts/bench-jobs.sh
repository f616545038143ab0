#!/usr/bin/env bash
# What the master of a job costs: 10,000 tasks that do nothing, on this machine (`bench-jobs.sh N` for another number, 0 for
# none). The worker is a few lines of shell, so that nearly all the time that is measured is the master's.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${ANTARES:-.build/release/antares}
tasks=${1:-10000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/worker" <<'W'
#!/bin/sh
# task FOLDER NUMBER --attempt N ...
now=2026-01-01T00:00:00.000Z
printf '{"number":%s,"attempt":%s,"state":"done","host":"x","pid":1,"start":"%s","end":"%s","seconds":0,"cpuSeconds":0,"peakMemory":0,"bytesRead":0,"bytesWritten":0,"tiles":[]}' \
    "$3" "$5" $now $now > "$2/status/$3.part"
mv "$2/status/$3.part" "$2/status/$3.json"
W
if [ "$tasks" != 0 ]; then
    chmod +x "$folder/worker"
    printf 'executor: local\nantares: %s\n' "$folder/worker" > "$folder/cluster.yaml"
    start=$(date +%s.%N)
    HOME=$folder SHARED_DIR=$folder "$program" jobs run -v -sc "$folder/cluster.yaml" --tasks "$tasks" -- true 2> "$folder/log"
    end=$(date +%s.%N)
    grep 'the master used' "$folder/log"
    awk -v s="$start" -v e="$end" -v n="$tasks" 'BEGIN { printf "%d tasks in %.1f s\n", n, e - s }'
fi

# Two nodes against one: 40 tiles through a real Slurm whose nodes have one CPU each and are held to it, as a node cannot
# use another's. Master, index and Slurm's daemons may use both. Needs root; left out without it.
km=${KM:-40} # the side of the scenes; cells are a fourth of it
[ "$(id -u)" = 0 ] || { echo 'two nodes against one: left out, a Slurm of its own needs root'; exit 0; }
chmod 755 "$folder" # the account that runs the private PostgreSQL has to get through
cluster=$folder/slurm
trap 'Tests/cluster/slurm.sh stop "$cluster" || true; rm -rf "$folder"' EXIT
eval "$(SLURM_ACCOUNTING=0 SLURM_CPUS=1 SLURM_PIN=1 Tests/cluster/slurm.sh start "$cluster" 2 | sed 's/^/export /')"
export HOME=$folder/home SHARED_DIR=$folder/shared INGESTION_PATH=$folder/tiles
mkdir -p "$HOME" "$SHARED_DIR"
# An index of its own: the private server in this home, which `antares db stop` ends.
trap '"$program" db stop >/dev/null 2>&1 || true; Tests/cluster/slurm.sh stop "$cluster" || true; rm -rf "$folder"' EXIT
(
    cd "$folder"
    program=$(cd - >/dev/null && realpath "$program")
    "$program" -q simulate --out s --lon -103.4 --lat 20.6 --size-km "$km" --tiles 1 --seed 7 --resolutions 20 \
        --points 2 --dates 2017-01-15,2017-05-15 >/dev/null
    "$program" -q init --no-create-tables >/dev/null
    "$program" -q system init >/dev/null
    "$program" -q product add "$HOME/.config/madmex/indexing/s2_l2a_20m_granule.yaml" >/dev/null
    "$program" -q prepare_metadata --path s/scenes --dataset_name s2_l2a_20m --outfile s2.yaml >/dev/null
    "$program" -q dataset add s2.yaml >/dev/null
    for nodes in 1 2; do
        printf 'executor: slurm\nresources: {memory: 1GB}\nslurm: {options: [%s]}\n' \
            "$([ $nodes = 1 ] && echo --nodelist=n1)" > "cluster$nodes.yaml"
        # Twenty cells or more a date, the first 40 of which are made.
        sed -e "s/{x: 100080.0, y: 100080.0}/{x: $((km * 250)).0, y: $((km * 250)).0}/" -e "s/output_type: .*/output_type: nodes_$nodes/" \
            -e "s#s2_l2a_20m/mexico/#nodes_$nodes/#" "$HOME/.config/madmex/ingestion/s2_l2a_20m_mexico.yaml" > "n$nodes.yaml"
        "$program" ingest -c "n$nodes.yaml" --save-tasks all.yaml >/dev/null
        awk '/^tiles:/ { tiles = 1; print; next } /^[^ ]/ { tiles = 0 } !tiles || ++n <= 40' all.yaml > "t$nodes.yaml"
        start=$(date +%s.%N)
        "$program" -q ingest --load-tasks "t$nodes.yaml" -sc "cluster$nodes.yaml" --tiles-per-task 2
        end=$(date +%s.%N)
        awk -v s="$start" -v e="$end" 'BEGIN { printf "%.1f\n", e - s }' > "seconds$nodes"
    done
)
awk -v one="$(cat "$folder/seconds1")" -v two="$(cat "$folder/seconds2")" \
    'BEGIN { printf "40 tiles: %.1f s on one node, %.1f s on two, ratio %.2f\n", one, two, two / one }'
