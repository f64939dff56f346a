#!/bin/sh
# Usage: addon.sh NODE_ARCHITECTURE
# Builds build/package/linux-ARCHITECTURE/port_ticker.node, x64 or arm64 on either, with libbpf and the C++ library inside:
# it needs nothing of a machine but libelf, zlib and a C library as old as Node's own.
set -eu
cd "$(dirname "$0")/../.."

case $1 in
  x64) debian=amd64 machine=x86_64 ;;
  arm64) debian=arm64 machine=aarch64 ;;
  *)
    echo "No addon is prebuilt for $1, only for x64 and arm64." >&2
    exit 64
    ;;
esac
scripts/setup/packages.sh package
scripts/package/fetch.sh "$debian"

root=$PWD/.cache/package/root-$debian
build=$PWD/build/package/linux-$1
libbpf=$build/libbpf
# clang compiles for any machine, given its headers and libraries.
target="--target=$machine-linux-gnu --sysroot=$root"

mkdir -p "$libbpf"
scripts/logged.sh "package-libbpf-$1" make --jobs "$(nproc)" --directory .cache/package/libbpf/src NO_PKG_CONFIG=1 BUILD_STATIC_ONLY=1 \
  CC="clang $target" CFLAGS='-O2 -fPIC -fvisibility=hidden' \
  OBJDIR="$libbpf" PREFIX="$libbpf" LIBDIR="$libbpf" UAPIDIR= "$libbpf/libbpf.a" install_headers
scripts/logged.sh "package-addon-$1" make --jobs "$(nproc)" --directory xdp BUILD="$build" TARGET="$machine" \
  CXX="clang++ $target -isystem $libbpf/include" \
  LDLIBS="-fuse-ld=lld -static-libstdc++ -static-libgcc $libbpf/libbpf.a -lelf -lz -Wl,--exclude-libs=ALL,--strip-all"
