#!/bin/sh
# Usage: setup.sh [TARGET…]
# Brings what building, the demo and the tests need: the targets of setup/Makefile. What is there already is left alone and
# not mentioned.
set -eu
cd "$(dirname "$0")/.."

mkdir -p .cache
exec 9> .cache/setup.lock
flock 9 # a demo and a test run may start at the same time

# More than there are processors: fetching waits more than it computes.
MAKEFLAGS='' make --no-print-directory --jobs 6 --directory scripts/setup "$@"
