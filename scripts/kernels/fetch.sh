#!/bin/sh
# Fetches Debian's kernels for virtual machines into .cache/kernels, as they are packaged today, and what boots them.
# Prints the path of each kernel image.
set -eu
cd "$(dirname "$0")/../.."
kernels=$PWD/.cache/kernels
wanted='linux-image-cloud-amd64 linux-image-6.12-cloud-amd64'

main() {
  if ! command -v apt-get > /dev/null || [ "$(dpkg --print-architecture)" != amd64 ]; then
    echo 'Other kernels come from Debian for amd64: run this there.' >&2
    exit 1
  fi
  if ! command -v qemu-system-x86_64 > /dev/null || ! [ -e /usr/share/doc/busybox-static ]; then
    echo 'Installing Debian packages: qemu-system-x86 busybox-static' >&2
    scripts/logged.sh apt-install scripts/as-root.sh env DEBIAN_FRONTEND=noninteractive \
      apt-get install --yes --no-install-recommends qemu-system-x86 busybox-static
  fi
  for package in $wanted; do fetch "$(newest "$package")"; done
}

# The package that a metapackage stands for; nothing where Debian has no such metapackage.
newest() {
  apt-cache depends "$1" 2> /dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

fetch() {
  if [ -z "$1" ]; then return; fi
  directory=$kernels/$1
  if ! ls "$directory"/boot/vmlinuz-* > /dev/null 2>&1; then
    echo "Fetching $1" >&2
    mkdir -p "$directory"
    (cd "$directory" && "$OLDPWD/scripts/logged.sh" apt-download apt-get download "$1")
    dpkg-deb -x "$directory/$1"_*.deb "$directory"
    rm -rf "${directory:?}/lib" "$directory/$1"_*.deb
  fi
  ls "$directory"/boot/vmlinuz-*
}

main
