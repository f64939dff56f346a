#!/bin/sh
# Installs the Python packages of tests into .cache/python, once for each state of requirements.txt.
set -eu
cd "$(dirname "$0")/../.."
wanted=scripts/setup/python/requirements.txt
cache=.cache/python

if cmp -s "$wanted" "$cache/requirements.txt"; then exit; fi

echo 'Fetching Python packages'
rm -rf "$cache"
/usr/bin/python3 -m venv "$cache"
scripts/logged.sh python \
  "$cache/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$wanted"
cp "$wanted" "$cache/requirements.txt" # last: it marks the folder as complete
