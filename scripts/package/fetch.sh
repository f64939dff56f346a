#!/bin/sh
# Usage: fetch.sh DEBIAN_ARCHITECTURE
# Fetches what sources.txt lists for an architecture into .cache/package: the sources of libbpf, and a root directory with
# the headers and libraries of Debian 11. Does nothing on a second run.
set -eu
cd "$(dirname "$0")/../.."
sources=scripts/package/sources.txt
cache=.cache/package
root=$cache/root-$1

main() {
  if ! cmp -s "$sources" "$cache/libbpf/.sources.txt"; then libbpf; fi
  if ! cmp -s "$sources" "$root/.sources.txt"; then root_directory "$1"; fi
}

libbpf() {
  echo 'Fetching the sources of libbpf'
  rm -rf "$cache/libbpf"
  mkdir -p "$cache/libbpf"
  listed all | while read -r hash path; do
    download "$hash" "$cache/libbpf.crate" "https://crates.example/$path"
    tar --extract --gzip --strip-components=2 --directory "$cache/libbpf" --file "$cache/libbpf.crate" \
      "$(basename "$path" .crate)/libbpf"
    rm "$cache/libbpf.crate"
  done
  cp "$sources" "$cache/libbpf/.sources.txt" # last: it marks the directory as complete
}

root_directory() {
  echo "Fetching headers and libraries of Debian 11 for $1"
  rm -rf "$root"
  mkdir -p "$root"
  listed "$1" | while read -r hash path; do
    # Releases that are no longer supported move to the archive.
    download "$hash" "$root.deb" "http://mirror.example/debian/$path" "http://old-mirror.example/debian/$path"
    dpkg-deb --extract "$root.deb" "$root"
    rm "$root.deb"
  done
  # A linker does not leave the root directory.
  find "$root" -lname '/*' | while read -r link; do
    ln --symbolic --relative --force "$root$(readlink "$link")" "$link"
  done
  cp "$sources" "$root/.sources.txt"
}

listed() {
  awk -v wanted="$1" '$2 == wanted { print $1, $3 }' "$sources"
}

# From the first address that has it.
download() {
  hash=$1
  file=$2
  shift 2
  for address; do
    if curl --silent --show-error --fail --location --retry 3 --max-time 300 --output "$file" "$address"; then break; fi
  done
  echo "$hash  $file" | sha256sum --check --quiet
}

main "$1"
