#!/usr/bin/env bash
# Installs the system packages that antares needs and that are missing; does nothing where all are there.
set -euo pipefail

minimum_swift=6.2
packages=(
    make pkg-config gcc g++ libc6-dev
    libgdal-dev libpq-dev libnetcdf-dev libproj-dev
    libarchive-dev libargon2-dev libdeflate-dev libisal-dev libsqlite3-dev libxml2-dev libzstd-dev
    gdal-bin hdf5-tools netcdf-bin openssh-client openssl
    postgresql
    gmt-dcw iso-codes stilts
    python3-venv python3-dev libxml2-utils
    chromium fonts-dejavu-core
)

say() { printf '%s\n' "$*" >&2; }
is_installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "error: installing packages needs root, and there is no sudo. Run as root: $*"
        exit 1
    fi
}
apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 \
        apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" >&2
}

# PostGIS goes with the PostgreSQL version; the metapackage is not in every release.
postgis_package() {
    local version
    if [ -n "$(apt-cache madison postgresql-postgis 2>/dev/null)" ]; then
        echo postgresql-postgis
        return
    fi
    version=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1) || true
    echo "postgresql-${version:-15}-postgis-3"
}

# With its first installation Debian's PostgreSQL makes and starts a system-wide cluster, which nobody asked for.
install_postgresql_quietly() {
    local settings=/etc/postgresql-common/createcluster.conf
    if [ -e "$settings" ]; then return; fi
    apt_install postgresql-common
    if [ -e "$settings" ]; then
        as_root sed -i -E 's/^#?[[:space:]]*create_main_cluster[[:space:]]*=.*/create_main_cluster = false/' "$settings"
    fi
}

install_packages() {
    local package missing=()
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing+=(postgis)
    if [ ${#missing[@]} = 0 ]; then return; fi
    say "Installing what is missing: ${missing[*]}"
    as_root apt-get update -q >&2
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then install_postgresql_quietly; fi
    if [[ " ${missing[*]} " == *" postgis "* ]]; then missing=("${missing[@]/%postgis/$(postgis_package)}"); fi
    apt_install "${missing[@]}"
}

check_libraries() {
    local library missing=()
    for library in gdal libpq netcdf proj libdeflate libisal libzstd libarchive libxml-2.0 sqlite3; do
        pkg-config --exists "$library" 2>/dev/null || missing+=("$library")
    done
    if [ ${#missing[@]} = 0 ]; then return; fi
    say "error: pkg-config does not find: ${missing[*]}. Install the development files of these libraries."
    exit 1
}

check_swift() {
    local found
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1) || true
    if [ -n "$found" ] && [ "$(printf '%s\n' "$minimum_swift" "$found" | sort -V | head -n 1)" = "$minimum_swift" ]; then
        return
    fi
    say "error: Swift $minimum_swift or newer is needed, found ${found:-none}."
    say "Get one from https://www.swift.org/install/linux/, or in three lines:"
    say '  curl -O "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz"'
    say '  tar zxf "swiftly-$(uname -m).tar.gz" && ./swiftly init'
    say '  . "${SWIFTLY_HOME_DIR:-$HOME/.local/share/swiftly}/env.sh"'
    exit 1
}

if command -v apt-get >/dev/null; then
    install_packages
else
    say "No apt-get here: these packages of Debian are needed under whatever name: ${packages[*]} postgis"
fi
check_libraries
check_swift
