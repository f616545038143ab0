#!/usr/bin/env bash
# install.sh DESTDIR PREFIX: installs the release build. The program stands in lib/antares with its resources beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$2
root=$1$2
build=.build/release
program=$root/lib/antares/antares

mkdir -p "$root"/{bin,lib/antares,share/antares,share/man/man1} \
    "$root"/share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
install -m 755 "$build/antares" "$program"
for resources in "$build"/antares_*.resources; do
    rm -rf "$root/lib/antares/$(basename "$resources")"
    cp -r "$resources" "$root/lib/antares/"
done
for name in antares datacube; do
    ln -sf ../lib/antares/antares "$root/bin/$name"
done

rm -rf "$root"/share/antares/{sql,config-templates}
mkdir -p "$root/share/antares/sql"
cp -r sql/migrations sql/queries "$root/share/antares/sql/"
cp -r config-templates "$root/share/antares/"

for name in antares datacube; do
    run="$root/bin/$name"
    "$run" --generate-completion-script bash >"$root/share/bash-completion/completions/$name"
    "$run" --generate-completion-script zsh >"$root/share/zsh/site-functions/_$name"
    "$run" --generate-completion-script fish >"$root/share/fish/vendor_completions.d/$name.fish"
done
"$program" manual >"$root/share/man/man1/antares.1"
echo '.so man1/antares.1' >"$root/share/man/man1/datacube.1"
echo "Installed antares in $prefix (program: $prefix/bin/antares)."
