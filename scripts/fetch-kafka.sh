#!/bin/sh
# Copies the jars of a Kafka broker from Maven's repository into .cache/kafka/lib, once for each state of the pom.
set -eu
cd "$(dirname "$0")/.."
pom=scripts/kafka/pom.xml
cache=.cache/kafka

if cmp -s "$pom" "$cache/pom.xml"; then exit 0; fi

rm -rf "$cache"
mkdir -p "$cache"
mvn --quiet --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$cache/lib"
cp "$pom" "$cache/pom.xml" # last: it marks the folder as complete
