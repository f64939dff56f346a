#!/bin/sh
# Prints the address of Debian's packages that this machine's apt uses.
set -eu
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -v security | head -n 1)
if [ -z "$mirror" ]; then
  echo "apt knows no mirror of Debian here: run apt-get update, on a Debian machine." >&2
  exit 1
fi
echo "$mirror"
