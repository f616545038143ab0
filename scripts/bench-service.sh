#!/usr/bin/env bash
# The job service under load, with each of its stores: 10,000 jobs, 500 clients that wait for one of them, a page of 100 of
# the list (`bench-service.sh JOBS WAITING` for other numbers). PostgreSQL is a private server; left out where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "${ANTARES:-.build/release/antares}")
jobs=${1:-10000} waiting=${2:-500}
folder=$(mktemp -d)
chmod 755 "$folder" # the account that runs a private PostgreSQL has to get through
service=
finish() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    HOME=$folder/PostgreSQL "$program" db stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap finish EXIT
ulimit -n 4096
unset "${!DB_@}" "${!DATABASE_@}" "${!DATACUBE_@}" "${!PG@}" XDG_DATA_HOME 2>/dev/null || true

mkdir -p "$folder/service/descriptions"
printf '{"name": "idle", "parameters": [{"name": "seconds", "datatype": "xs:int", "default": "0"}], "script": "true"}' \
    > "$folder/service/descriptions/idle.json"
printf 'folder: %s\nport: 0\nlimits: {requests_per_second: 1000000, requests_at_once: 1000000, wait_seconds: 60}\n' \
    "$folder/service" > "$folder/service.yaml"

measure() { # NAME
    export HOME=$folder/$1
    mkdir -p "$HOME"
    local password
    password=$("$program" users add ann --roles all --limit 1000000 2>/dev/null | awk '{print $2; exit}')
    "$program" -q serve --service "$folder/service.yaml" > "$folder/$1.out" 2> "$folder/$1.log" &
    service=$!
    while ! grep -q listening "$folder/$1.out"; do
        kill -0 "$service" || { cat "$folder/$1.log" >&2; exit 1; }
        sleep 0.1
    done
    printf '%s: ' "$1"
    python3 Tests/Python/service_load.py "$(awk '{print $3}' "$folder/$1.out")/rest/idle" ann "$password" "$jobs" "$waiting"
    kill "$service"
    wait "$service" || true
    service=
}

measure SQLite

export HOME=$folder/PostgreSQL
mkdir -p "$HOME"
"$program" db start >/dev/null 2>&1 || { echo 'PostgreSQL: left out, there is none'; exit 0; }
DATABASE_HOST=$HOME/.local/share/antares/postgres/run
export DATABASE_HOST DATABASE_NAME=jobs
PGHOST=$DATABASE_HOST PGUSER=$(id -un) PGDATABASE=postgres createdb jobs
measure PostgreSQL
