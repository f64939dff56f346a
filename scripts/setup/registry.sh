#!/bin/sh
# Unpacks a schema registry from Maven's repository into .cache/registry, once for each state of the pom.
set -eu
cd "$(dirname "$0")/../.."
pom=scripts/setup/registry/pom.xml
cache=.cache/registry

if cmp -s "$pom" "$cache/pom.xml"; then exit; fi

echo 'Fetching a schema registry'
rm -rf "$cache"
mkdir -p "$cache"
scripts/logged.sh registry \
  mvn --batch-mode --file "$pom" dependency:copy -DoutputDirectory="$PWD/$cache/archive"
tar --extract --gzip --file "$cache"/archive/*.tar.gz --directory "$cache"
rm -r "$cache/archive"
cp "$pom" "$cache/pom.xml" # last: it marks the folder as complete
