#!/bin/sh
# Usage: fetch.sh DEBIAN_ARCHITECTURE
# Fetches what sources.txt lists into .cache/package by apt: the sources of libbpf, and a root directory with the headers and
# libraries of an architecture. Does nothing on a second run.
set -eu
cd "$(dirname "$0")/../.."
architecture=$1
sources=$PWD/scripts/package/sources.txt
cache=$PWD/.cache/package
libbpf=$cache/libbpf
root=$cache/root-$architecture
apt=$cache/apt
# An apt of its own beside the machine's: other releases, another architecture, nothing that is installed.
mirror=$(scripts/mirror.sh)
export APT_CONFIG="$apt/apt.conf"

main() {
  mkdir -p "$cache"
  exec 8> "$cache/fetch.lock"
  flock 8 # two packages may be made at the same time
  if cmp -s "$sources" "$root/.sources.txt" && [ -e "$libbpf/src" ]; then return; fi
  echo "Fetching libbpf, headers and libraries for $architecture"
  rm -rf "$apt" "$root" "$libbpf"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$root" "$libbpf"
  touch "$apt/status"
  settings > "$apt/apt.conf"
  releases "$mirror" > "$apt/sources.list"
  scripts/logged.sh package-apt-update apt-get update
  # shellcheck disable=SC2046
  (cd "$apt" && ../../../scripts/logged.sh package-download apt-get download $(listed bullseye))
  # shellcheck disable=SC2046
  (cd "$apt" && ../../../scripts/logged.sh package-source apt-get source --download-only $(listed trixie))
  tar --extract --strip-components=1 --directory "$libbpf" --file "$apt"/libbpf_*.orig.tar.*
  for package in "$apt"/*.deb; do dpkg-deb --extract "$package" "$root"; done
  # A linker does not leave the root directory.
  find "$root" -lname '/*' | while read -r link; do
    ln --symbolic --relative --force "$root$(readlink "$link")" "$link"
  done
  rm -rf "$apt"
  cp "$sources" "$root/.sources.txt" # last: it marks the directory as complete
}

settings() {
  cat << EOF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$apt/lists";
Dir::State::Status "$apt/status";
Dir::Cache "$apt";
EOF
}

releases() {
  echo "deb $1 bullseye main"
  echo "deb-src $1 trixie main"
}

# NAME=VERSION of what is taken from a release.
listed() {
  awk -v release="$1" '$1 == release { print $2 "=" $3 }' "$sources"
}

main
