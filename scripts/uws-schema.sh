#!/bin/sh
# Fetches the XML schema of UWS 1.1 (IVOA, from Debian's package python3-gavo, which is not installed) into a cache folder
# outside the repository, and prints that folder.
set -eu
folder=${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests/uws-schema
[ -e "$folder/UWS.xsd" ] && { echo "$folder"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
{ apt-get download python3-gavo || { apt-get update && apt-get download python3-gavo; }; } >&2
dpkg -x python3-gavo*.deb unpacked
schemata=unpacked/usr/lib/python3/dist-packages/gavo/resources/schemata
mkdir -p "$folder"
cp "$schemata/xlink.xsd" "$folder/"
# The import is by address: here it is the file beside it.
sed 's|schemaLocation="http[^"]*xlink[^"]*"|schemaLocation="xlink.xsd"|' "$schemata/UWS.xsd" >"$folder/UWS.xsd.part"
mv "$folder/UWS.xsd.part" "$folder/UWS.xsd"
echo "$folder"
