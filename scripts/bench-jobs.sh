#!/usr/bin/env bash
# What the master of a job costs: 10,000 tasks that do nothing, on this machine. The worker is a few lines of shell, so
# that nearly all the time that is measured is the master's.
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
chmod +x "$folder/worker"
printf 'executor: local\nantares: %s\n' "$folder/worker" > "$folder/cluster.yaml"
start=$(date +%s.%N)
HOME=$folder SHARED_DIR=$folder "$program" jobs run -v -sc "$folder/cluster.yaml" --tasks "$tasks" -- true 2> "$folder/log"
end=$(date +%s.%N)
grep 'the master used' "$folder/log"
awk -v s="$start" -v e="$end" -v n="$tasks" 'BEGIN { printf "%d tasks in %.1f s\n", n, e - s }'
