#!/bin/sh
# Usage: as-root.sh COMMAND…
# Runs a command as root, by sudo where it has to, with this user's PATH.
set -eu

if [ "$(id -u)" = 0 ]; then exec "$@"; fi
if command -v sudo > /dev/null; then exec sudo env "PATH=$PATH" "$@"; fi

echo "This needs root, and there is no sudo: $*" >&2
echo 'Run it as root, then start again.' >&2
exit 77
