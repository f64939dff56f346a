#!/bin/sh
# Usage: build.sh DIRECTORY [TARGET…]
# Builds, and is silent when everything is built already.
set -eu
cd "$(dirname "$0")/../.."

if make --silent --question -C "$@"; then exit; fi

echo "Building $*"
scripts/logged.sh "build-$(echo "$*" | tr '/ ' '--')" make --jobs "$(nproc)" -C "$@"
