#!/bin/sh
# Usage: jars.sh NAME TITLE
# Copies the jars of scripts/setup/NAME/pom.xml from Maven's repository into .cache/NAME/lib, once for each state of the pom.
set -eu
cd "$(dirname "$0")/../.."
pom=scripts/setup/$1/pom.xml
cache=.cache/$1

if cmp -s "$pom" "$cache/pom.xml"; then exit; fi

echo "Fetching $2"
rm -rf "$cache"
mkdir -p "$cache"
scripts/logged.sh "$1" \
  mvn --batch-mode --file "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$cache/lib"
cp "$pom" "$cache/pom.xml" # last: it marks the folder as complete
