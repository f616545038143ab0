#!/bin/sh
# Fetches a program that no package index has from its public repository, at one commit, for tests that run it beside
# antares, and prints its folder: in the cache, outside the repository. Says nothing where it is there already.
#
# usage: scripts/checkout.sh NAME
#   uws-validator   kristinriebe/uws-validator: scenarios of UWS 1.1
#   astrometry.net  dstndstn/astrometry.net: client.py of nova.astrometry.net's interface
#
# ANTARES_CHECKOUTS names another folder than the cache, ANTARES_CHECKOUT_SERVER another server than https://github.com,
# ANTARES_CHECKOUT_SECONDS how long fetching may take (30).
set -eu
name=${1:-}
case $name in
    uws-validator) repository=kristinriebe/uws-validator commit=749b8e2 folders=features ;;
    astrometry.net)
        repository=dstndstn/astrometry.net commit=70be246043db76ee5c5cc90e0be1e5850f379723 folders=net/client ;;
    *) sed -n 's/^# \{0,1\}//; 2,/^set/p' "$0" | sed '$d' >&2; exit 64 ;;
esac
cache=${ANTARES_CHECKOUTS:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests}
folder=$cache/$name
[ -d "$folder" ] && { echo "$folder"; exit 0; }

say() { echo "checkout: $*" >&2; }
command -v git >/dev/null || { say "git is missing. Install it: apt-get install git"; exit 69; }
mkdir -p "$cache"
part=$(mktemp -d "$cache/checkout.XXXXXX")
trap 'rm -rf "$part"' EXIT
address=${ANTARES_CHECKOUT_SERVER:-https://github.com}/$repository
# The commits alone, then those folders at one of them; nobody is asked for a password.
# shellcheck disable=SC2016 # the inner shell's
GIT_TERMINAL_PROMPT=0 timeout -k 5 "${ANTARES_CHECKOUT_SECONDS:-30}" sh -c '
    git clone --quiet --filter=tree:0 --no-checkout "$1" "$2" && git -C "$2" sparse-checkout set "$3" &&
        git -C "$2" checkout --quiet --detach "$4"' \
    sh "$address" "$part/tree" "$folders" "$commit" >&2 </dev/null || {
    say "$name cannot be fetched from $address at $commit (see above). It can be laid at $folder by hand."
    exit 69
}
mv -T "$part/tree" "$folder" 2>/dev/null || [ -d "$folder" ]
echo "$folder"
