#!/bin/sh
# Fetches the packaged detectors that the benchmark compares with, and what they need, as Debian packages. They are
# not installed: that would start them here. bench/detectors/room.sh unpacks them where nobody else sees them.
set -eu
cd "$(dirname "$0")/../.."
packages=.cache/detectors
wanted='scanlogd psad portsentry ulogd2 busybox'

is_complete() {
  for package in $wanted; do
    ls "$packages/$package"_*.deb > /dev/null 2>&1 || return 1
  done
}

if is_complete; then exit; fi
if ! command -v apt-get > /dev/null; then
  echo 'The packaged detectors come from Debian: run the benchmark there, or leave them out:' >&2
  echo "make bench ONLY='packets cpus commands'" >&2
  exit 1
fi
echo "Fetching Debian packages: $wanted"
mkdir -p "$packages/partial"
scripts/logged.sh apt-update scripts/as-root.sh apt-get update
# shellcheck disable=SC2086
scripts/logged.sh apt-download scripts/as-root.sh apt-get install --yes --download-only --reinstall \
  --no-install-recommends -o "Dir::Cache::archives=$PWD/$packages" $wanted
