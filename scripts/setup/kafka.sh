#!/bin/sh
# Copies the jars of a Kafka broker from Maven's repository into .cache/kafka/lib, once for each state of the pom.
set -eu
cd "$(dirname "$0")/../.."
pom=scripts/setup/kafka/pom.xml
cache=.cache/kafka

if cmp -s "$pom" "$cache/pom.xml"; then exit; fi

echo 'Fetching Kafka'
rm -rf "$cache"
mkdir -p "$cache"
scripts/logged.sh kafka \
  mvn --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$cache/lib"
cp "$pom" "$cache/pom.xml" # last: it marks the folder as complete
