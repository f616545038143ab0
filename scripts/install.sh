#!/usr/bin/env bash
# install.sh DESTDIR PREFIX: installs the release build; the program finds its files in share/antares beside bin.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$2
root=$1$2
share=$root/share

mkdir -p "$root/bin" "$share"/{antares,man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
install -m 755 .build/release/antares "$root/bin/antares"
ln -sf antares "$root/bin/datacube"
ln -sf antares "$root/bin/datacube-search"
rm -rf "$share"/antares/{sql,config-templates,web}
mkdir "$share/antares/sql"
cp -r sql/migrations sql/queries sql/metadata-types "$share/antares/sql/"
cp -r config-templates "$share/antares/"
cp -r Sources/JobService/Resources "$share/antares/web"

for name in antares datacube; do
    run="$root/bin/$name"
    "$run" --generate-completion-script bash >"$share/bash-completion/completions/$name"
    "$run" --generate-completion-script zsh >"$share/zsh/site-functions/_$name"
    "$run" --generate-completion-script fish >"$share/fish/vendor_completions.d/$name.fish"
done
"$root/bin/antares" manual >"$share/man/man1/antares.1"
echo '.so man1/antares.1' >"$share/man/man1/datacube.1"
echo "Installed antares in $prefix (program: $prefix/bin/antares)."
