#!/bin/sh
# Sees to it that programs are there: dev/need.sh PROGRAM=DEBIAN-PACKAGE ...
# As root with apt-get it installs what is missing; anyone else is told what to install.
set -eu

# Debian keeps the programs of servers off the PATH.
for folder in /usr/lib/postgresql/*/bin /usr/sbin; do
    PATH=$PATH:$folder
done

missing=
for pair in "$@"; do
    command -v "${pair%=*}" >/dev/null || missing="$missing ${pair##*=}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # one word per package
    apt-get install -y -qq $missing >/dev/null
else
    echo "Missing:$missing. Install it (Debian: sudo apt-get install$missing) and try again." >&2
    exit 1
fi
