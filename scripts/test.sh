#!/usr/bin/env bash
# Builds and runs every test; what is left out is said in capitals.
set -euo pipefail
cd "$(dirname "$0")/.."

if python=$(scripts/venv.sh datacube-1.8); then
    export ANTARES_TEST_PYTHON=$python/bin/python
else
    echo 'SKIPPED: THERE IS NO PYTHON DATACUBE (SEE ABOVE), AND NO TEST THAT PYTHON READS WHAT WE MAKE.' >&2
fi
if ! scripts/venv.sh eodatasets3 >/dev/null; then
    echo 'SKIPPED: THERE IS NO EO3-VALIDATE (SEE ABOVE), AND NO TEST THAT DATASET DOCUMENTS PASS IT.' >&2
fi
if ! scripts/venv.sh stac >/dev/null; then
    echo 'SKIPPED: THERE IS NO STAC API (SEE ABOVE), AND NO TEST OF SEARCHES, DOWNLOADS AND EXPORTS AGAINST ONE.' >&2
fi
if ! scripts/venv.sh schemathesis >/dev/null; then
    echo 'SKIPPED: THERE IS NO SCHEMATHESIS (SEE ABOVE), AND NO TEST OF THE JOB SERVICE BY ITS OPENAPI DOCUMENT.' >&2
fi
if ! scripts/venv.sh uws >/dev/null; then
    echo 'SKIPPED: THERE ARE NO CLIENTS OF UWS (SEE ABOVE), AND NO TEST OF THE JOB SERVICE WITH THEM.' >&2
fi
for release in 1.8 1.9; do
    if ! scripts/venv.sh services-$release >/dev/null; then
        echo "SKIPPED: THERE ARE NO EXPLORER AND OWS ON DATACUBE $release (SEE ABOVE), AND NO TEST THAT THEY SERVE OUR INDEX." >&2
    fi
done
if browser=$(scripts/venv.sh browser); then
    export ANTARES_TEST_BROWSER=$browser/bin/python
else
    echo 'SKIPPED: NOTHING CAN DRIVE CHROMIUM (SEE ABOVE), AND NOBODY WALKS THROUGH THE PAGES OF THE SERVICE.' >&2
fi
if schema=$(scripts/uws-schema.sh); then
    export ANTARES_TEST_UWS_SCHEMA=$schema
else
    echo 'SKIPPED: THE XML SCHEMA OF UWS 1.1 CANNOT BE HAD (SEE ABOVE), AND NO DOCUMENT OF A JOB IS CHECKED AGAINST IT.' >&2
fi
if [ -z "${ANTARES_TEST_DATA:-}" ]; then
    for folder in ../shared/data ../../shared/data; do
        if [ -d "$folder" ]; then ANTARES_TEST_DATA=$(cd "$folder" && pwd) && export ANTARES_TEST_DATA && break; fi
    done
fi
if [ -z "${ANTARES_TEST_DATA:-}" ]; then
    echo 'SKIPPED: WITHOUT A FOLDER OF REAL SCENES (ANTARES_TEST_DATA, OR ../shared/data) THEY ARE NOT TESTED.' >&2
fi

swift build --build-tests
tests=$(swift build --show-bin-path)/antaresPackageTests.xctest

# Tests that wait for other programs (Python's, cluster engines) run beside the others, each group with a log of its own.
declare -A group=(
    [odc]='ODCIntegrationTests|PythonIndexTests|STACProgramTests|WebServicesTests'
    [cluster]='EngineJobTests|SlurmJobTests|GridEngineJobTests|ClusterCommandTests|LocalJobTests|TileJobTests'
)
declare -A process
start() { # name, arguments
    "$tests" --testing-library swift-testing "${@:2}" >".build/test-$1.log" 2>&1 </dev/null &
    process[$1]=$!
}
start others --skip "${group[odc]}" --skip "${group[cluster]}"
for name in odc cluster; do start "$name" --filter "${group[$name]}"; done
status=0
for name in "${!process[@]}"; do
    if ! wait "${process[$name]}"; then status=1; fi
    log=.build/test-$name.log
    grep -aE 'SKIPPED|skipped' "$log" || true
    grep -aE '(✔|✘) Suite|Test run with .* (passed|failed)|Fatal error' "$log" || tail -n 40 "$log"
done
if [ "$status" != 0 ]; then # what failed comes last, where a shortened log still shows it
    grep -aE -A 3 '✘ Test|error:' .build/test-*.log | cut -c 1-1000 || true
    echo 'The whole output is in .build/test-*.log.' >&2
fi
exit "$status"
