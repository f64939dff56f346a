#!/bin/sh
# Usage: packages.sh LIST
# Installs the Debian packages of packages/LIST.txt that the machine lacks.
set -eu
cd "$(dirname "$0")/../.."
list=scripts/setup/packages/$1.txt
PATH=$PATH:/usr/sbin:/sbin # where Debian keeps bpftool, out of an ordinary user's PATH

main() {
  missing=$(lacking < "$list" | tr '\n' ' ')
  if [ -z "$missing" ]; then return; fi
  if ! command -v apt-get > /dev/null; then refuse; fi
  mkdir -p .cache
  exec 8> .cache/apt.lock
  flock 8 # apt has one caller at a time
  echo "Installing Debian packages: $missing"
  if install 2> /dev/null; then return; fi
  # apt's lists are missing, or out of date.
  scripts/logged.sh apt-update scripts/as-root.sh apt-get update
  install
}

install() {
  # shellcheck disable=SC2086
  scripts/logged.sh apt-install scripts/as-root.sh \
    env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 $missing
}

lacking() {
  while read -r package proof; do
    case $package in '' | '#') continue ;; esac
    if ! [ -e "$proof" ] && ! command -v "$proof" > /dev/null; then echo "$package"; fi
  done
}

refuse() {
  echo "Missing here (named as Debian packages): $missing" >&2
  echo 'Only Debian and its relatives are set up automatically: install these in the way of this system,' >&2
  echo 'then start again.' >&2
  exit 1
}

main
