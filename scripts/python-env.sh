#!/usr/bin/env bash
# Makes .venv with the Python Open Data Cube, for the tests that Python reads what antares writes.
set -euo pipefail
cd "$(dirname "$0")/.."
version=1.8.20

if .venv/bin/python -c "import datacube, sys; sys.exit(datacube.__version__ != '$version')" 2>/dev/null; then exit 0; fi
echo "Installing datacube $version into .venv" >&2
rm -rf .venv
python3 -m venv .venv
if ! .venv/bin/pip install --quiet --retries 1 "datacube==$version" >&2; then
    rm -rf .venv
    exit 1
fi
