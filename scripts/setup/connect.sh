#!/bin/sh
# Copies the jars of Kafka Connect from Maven's repository into .cache/connect/lib, once for each state of the pom.
set -eu
cd "$(dirname "$0")/../.."
pom=scripts/setup/connect/pom.xml
cache=.cache/connect

if cmp -s "$pom" "$cache/pom.xml"; then exit; fi

echo 'Fetching Kafka Connect'
rm -rf "$cache"
mkdir -p "$cache"
scripts/logged.sh connect \
  mvn --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$cache/lib"
cp "$pom" "$cache/pom.xml" # last: it marks the folder as complete
