#!/bin/sh
# Builds the kernel program, the addon and what tests and benchmarks run beside them.
set -eu
cd "$(dirname "$0")/../.."

build() {
  make --silent "$@" -C xdp all asan && make --silent "$@" -C bench/packets
}

if build --question; then exit; fi

echo 'Building the kernel program and the addon'
scripts/logged.sh build make --jobs 2 -C xdp all asan
scripts/logged.sh build make -C bench/packets
