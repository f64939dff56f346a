#!/bin/sh
# Installs the Python packages of tests into .cache/python, each list of them once for each state of it.
set -eu
cd "$(dirname "$0")/../.."
lists=scripts/setup/python
cache=.cache/python

main() {
  if ! [ -x "$cache/bin/pip" ]; then /usr/bin/python3 -m venv "$cache"; fi
  bring requirements
  if [ -n "${PORT_TICKER_TEST_FULL-}" ]; then bring clickhouse; fi
}

bring() {
  if cmp -s "$lists/$1.txt" "$cache/$1.txt"; then return; fi
  echo "Fetching Python packages: $1"
  scripts/logged.sh "python-$1" \
    "$cache/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement "$lists/$1.txt"
  cp "$lists/$1.txt" "$cache/$1.txt" # last: it marks them as complete
}

main
