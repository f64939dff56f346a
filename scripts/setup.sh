#!/bin/sh
# Brings all that building, the demo and the tests need. What is there already is left alone and not mentioned.
set -eu
cd "$(dirname "$0")/.."

mkdir -p .cache
exec 9> .cache/setup.lock
flock 9 # a demo and a test run may start at the same time

scripts/setup/packages.sh base
scripts/setup/node.sh
scripts/setup/modules.sh
scripts/setup/jars.sh kafka Kafka
scripts/setup/build.sh xdp
