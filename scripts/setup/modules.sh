#!/bin/sh
# Installs the npm packages of package-lock.json, once for each state of it. The Node that will run them comes first in the
# PATH: npm runs by it, and leaves out an optional package, without a word, whose `engines` it is too old for.
set -eu
cd "$(dirname "$0")/../.."
installed=node_modules/.installed-lock.json

if cmp -s package-lock.json "$installed"; then exit; fi

echo 'Installing npm packages'
scripts/logged.sh npm npm ci --ignore-scripts --no-audit --no-fund
cp package-lock.json "$installed" # last: it marks the folder as complete
