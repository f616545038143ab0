#!/usr/bin/env bash
# Times the reading of archives: describing scenes by their metadata alone, with every file opened, and taking in a
# catalogue of the USGS. Scenes and catalogue are made first; a PostgreSQL of its own goes when it is done.
#
# usage: scripts/bench-prepare.sh [SCENES [ROWS]]      needs .build/release/antares (or ANTARES=program)
# SCENES (3000) of each sensor: metadata of true size, tiny bands. ROWS (1000000) of the catalogue; 0 leaves it out.
set -euo pipefail
cd "$(dirname "$0")/.."
scenes=${1:-3000}
rows=${2:-1000000}
antares=${ANTARES:-$PWD/.build/release/antares}
work=$(mktemp -d)
chmod 755 "$work"
export HOME=$work XDG_DATA_HOME=$work/data LC_ALL=C
unset "${!DB_@}" "${!DATABASE_@}" "${!DATACUBE_@}" "${!PG@}" 2>/dev/null || true
finish() {
    "$antares" db stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

for sensor in s2_l2a landsat_c2; do
    "$antares" -q simulate --sensor $sensor --out "$work/seed-$sensor" --lon -103.4 --lat 20.6 --size-km 1.2 --tiles 1 \
        --dates 2017-01-15 --points 0 --format tif >/dev/null
    python3 - "$work/seed-$sensor/scenes" "$work/$sensor" "$scenes" <<'END'
import os, re, sys

source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
scene = sorted(os.listdir(source))[0]
# What makes the scene itself: every copy gets another in names and metadata.
landsat = re.match(r"L\w\d\d_L2SP_(\d{6})_", scene)
mark = landsat.group(1) if landsat else re.search(r"_(\d{8}T\d{6})_", scene).group(1)
files = [
    os.path.relpath(os.path.join(place, name), source)
    for place, _, names in os.walk(os.path.join(source, scene))
    for name in names
]
# The grids of angles, which make up most of a true granule's metadata.
values = "".join("<VALUES>" + " ".join(f"{30 + i / 97:.6g}" for i in range(23)) + "</VALUES>" for _ in range(23))
grid = "<{0}><COL_STEP unit='m'>5000</COL_STEP><ROW_STEP unit='m'>5000</ROW_STEP><Values_List>" + values
grid += "</Values_List></{0}>"
angles = "".join(
    f"<Viewing_Incidence_Angles_Grids bandId='{band}' detectorId='{detector}'>"
    + grid.format("Zenith") + grid.format("Azimuth") + "</Viewing_Incidence_Angles_Grids>"
    for band in range(13) for detector in range(5)
)
texts = {}
for name in files:
    if name.endswith((".xml", ".txt", ".json")):
        text = open(os.path.join(source, name)).read()
        if name.endswith("MTD_TL.xml"):
            text = text.replace("</Tile_Angles>", angles + "</Tile_Angles>")
            assert angles in text
        texts[name] = text
for number in range(count):
    new = f"{number:06d}" if landsat else f"{2017 + number // 86400:04d}0115T{number // 3600 % 24:02d}{number // 60 % 60:02d}{number % 60:02d}"
    for name in files:
        path = os.path.join(target, name.replace(mark, new))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if name in texts:
            with open(path, "w") as file:
                file.write(texts[name].replace(mark, new))
        else:
            os.link(os.path.join(source, name), path)
print(f"{scene[:40]}: {len(files)} files, {sum(map(len, texts.values())) >> 10} kB of metadata", file=sys.stderr)
END
done

# Seconds, CPU seconds and largest memory of a command.
measure() {
    python3 - "$@" <<'END'
import os, resource, subprocess, sys, time

start = time.monotonic()
with open(os.devnull, "w") as null:
    status = subprocess.run(sys.argv[1:], stdout=null).returncode
elapsed = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if status:
    sys.exit(status)
print(f"{elapsed:.3f} {used.ru_utime + used.ru_stime:.2f} {used.ru_maxrss >> 10}")
END
}
row() { # what, how many, measured
    awk -v what="$1" -v n="$2" -v m="$3" 'BEGIN {
        split(m, a, " ")
        printf "%-46s %8.2f s %8.2f s CPU %6d MB %10.0f/s %10.0f/s of CPU\n", what, a[1], a[2], a[3], n / a[1], n / a[2]
    }'
}

for sensor in s2_l2a landsat_c2; do
    name=$([ $sensor = s2_l2a ] && echo s2_l2a_20m || echo landsat_c2)
    for check in none full; do
        best=
        for run in 1 2 3; do
            now=$(measure "$antares" -q prepare_metadata -p "$work/$sensor" -d $name -o "$work/out.yaml" --check $check)
            if [ -z "$best" ] || [ "${now%% *}" \< "${best%% *}" ]; then best=$now; fi
        done
        row "prepare_metadata $name --check $check" "$scenes" "$best"
    done
done

[ "$rows" = 0 ] && exit 0
"$antares" db start >/dev/null 2>&1
awk -v n="$rows" 'BEGIN {
    print "Landsat Product Identifier L2,Landsat Scene Identifier,Date Acquired,WRS Path,WRS Row,Satellite,Day/Night Indicator,Land Cloud Cover,Scene Cloud Cover L1,Corner Upper Left Latitude,Corner Upper Left Longitude,Corner Upper Right Latitude,Corner Upper Right Longitude,Corner Lower Left Latitude,Corner Lower Left Longitude,Corner Lower Right Latitude,Corner Lower Right Longitude"
    for (i = 0; i < n; i++) {
        path = 1 + i % 233; row = 1 + i % 247; day = 1 + i % 28; month = 1 + i % 12; year = 2013 + i % 10
        printf "LC08_L2SP_%03d%03d_%d%02d%02d_20200907_02_T1,LC8%03d%03d%d%03dLGN%02d,%d/%02d/%02d,%d,%d,8,DAY,%d.%02d,%d.00,", path, row, year, month, day, path, row, year, i % 366, i % 100, year, month, day, path, row, i % 100, i % 97, i % 100
        printf "%d.1,%d.2,%d.3,%d.4,%d.5,%d.6,%d.7,%d.8\n", i % 80, i % 170, i % 80, i % 170 + 2, i % 80 - 2, i % 170, i % 80 - 2, i % 170 + 2
    }
}' | gzip -1 >"$work/catalogue.csv.gz"
row "ingest_catalog, .csv.gz" "$rows" "$(measure "$antares" -q ingest_catalog --file "$work/catalogue.csv.gz")"
