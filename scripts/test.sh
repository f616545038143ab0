#!/usr/bin/env bash
# Builds and runs every test; what is left out is said in capitals.
#
# The tests run in groups, each a process with a log of its own (.build/test-GROUP.log). Few tests run at a time: each
# starts servers and programs itself, and more of them on a processor only wait for each other.
set -euo pipefail
cd "$(dirname "$0")/.."

limit=2400 # seconds of a group; one that takes longer hangs
declare -A pattern=(
    [library]='^(Analysis|Catalogs|Config|DatacubeIndex|Documents|Geo|Ingest|Jobs|Postgres|Raster|Simulation|Workflows)Tests\.'
    [service]='^JobServiceTests\.'
    [programs]='^antaresTests\.'
    [cluster]='^ClusterExecTests\.'
    [odc]='^antaresTests\.ODCIntegrationTests'
)
declare -A width=([library]=4 [service]=4 [programs]=4 [cluster]=4 [odc]=2)

# Makes the Python environments that tests compare with; the first time takes some minutes.
make_environments() {
    local name
    for name in datacube-1.8 datacube-1.9 numpy image moto openstack stac stac-schemas eodatasets3 ftp hdf-eos uws behave jdl schemathesis service-api \
        services-1.8 services-1.9 browser; do
        scripts/venv.sh "$name" >/dev/null ||
            echo "SKIPPED: THERE IS NO PYTHON ENVIRONMENT ${name^^} (SEE ABOVE), AND NO TEST THAT NEEDS IT." >&2
    done
    for name in uws-validator astrometry.net; do
        scripts/checkout.sh "$name" >/dev/null || echo "SKIPPED: ${name^^} CANNOT BE FETCHED (SEE ABOVE), AND NO TEST RUNS IT." >&2
    done
    scripts/uws-schema.sh >/dev/null ||
        echo 'SKIPPED: THE XML SCHEMA OF UWS 1.1 CANNOT BE HAD (SEE ABOVE), AND NO DOCUMENT OF A JOB IS CHECKED AGAINST IT.' >&2
}

# The tests of a log that began and did not end.
unfinished() {
    comm -23 <(sed -nE 's/^◇ Test ("?.*) started\.$/\1/p' "$1" | sort -u) \
        <(sed -nE 's/^[✔✘➜] Test ("?.*) (passed|failed|skipped|with [0-9]+ test cases).*/\1/p' "$1" | sort -u)
}

# Runs a group and prints how each of its suites ended.
run_group() { # name
    local name=$1 log=.build/test-$1.log status=0 begin=$SECONDS
    local arguments=(--filter "${pattern[$name]}")
    if [ "$name" = programs ]; then arguments+=(--skip "${pattern[odc]}"); fi
    timeout -k 30 "$limit" "$tests" --testing-library swift-testing \
        --experimental-maximum-parallelization-width "${width[$name]}" "${arguments[@]}" >"$log" 2>&1 </dev/null || status=$?
    {
        echo "== $name: $((SECONDS - begin)) s, exit code $status"
        grep -aE 'SKIPPED|skipped' "$log" || true
        grep -aE '^(✔|✘) Suite|Test run with .* (passed|failed)|Fatal error' "$log" || tail -n 40 "$log"
        if [ "$status" = 124 ]; then
            echo "✘ $name did not end within $limit s. These tests were running:"
            unfinished "$log"
        fi
    } >"$log.summary"
    cat "$log.summary"
    return "$status"
}

# Runs groups one after the other, all of them, whatever becomes of one.
run_groups() { # names
    local name status=0
    for name in "$@"; do run_group "$name" || status=1; done
    return "$status"
}

make_environments & # while the compiler works
environments=$!
swift build --build-tests
wait "$environments"
tests=$(swift build --show-bin-path)/antaresPackageTests.xctest
if [ -z "${ANTARES_TEST_DATA:-}" ]; then
    for folder in ../shared/data ../../shared/data; do
        if [ -d "$folder" ]; then ANTARES_TEST_DATA=$(cd "$folder" && pwd) && export ANTARES_TEST_DATA && break; fi
    done
fi
if [ -z "${ANTARES_TEST_DATA:-}" ]; then
    echo 'SKIPPED: WITHOUT A FOLDER OF REAL SCENES (ANTARES_TEST_DATA, OR ../shared/data) THEY ARE NOT TESTED.' >&2
fi

# Tests of cluster engines and of Python's programs wait more than they work, so they go beside the others.
rm -f .build/test-*.log
run_groups cluster odc &
beside=$!
status=0
run_groups library service programs || status=1
wait "$beside" || status=1
if [ "$status" != 0 ]; then # what failed comes last, where a shortened log still shows it
    grep -aE -A 3 '✘ Test|error:' .build/test-*.log | cut -c 1-1000 || true
    echo 'The whole output is in .build/test-*.log.' >&2
fi
exit "$status"
