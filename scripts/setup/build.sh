#!/bin/sh
# Builds the kernel program and the addon.
set -eu
cd "$(dirname "$0")/../.."

if make --silent --question -C xdp; then exit; fi

echo 'Building the kernel program and the addon'
scripts/logged.sh build make -C xdp
