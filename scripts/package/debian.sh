#!/bin/sh
# Usage: debian.sh PACKAGE
# Makes a Debian package for this machine's architecture, beside the npm package given, of what npm installs from that.
# Node comes with it: Debian 12 has version 18, Debian 13 has 20. deploy/debian/ has its other parts.
set -eu
cd "$(dirname "$0")/../.."
package=$(realpath "$1")
cache=$PWD/.cache/package
parts=deploy/debian
version=$(node -p 'require("./package.json").version')
architecture=$(dpkg --print-architecture)
tree=build/package/debian
file=build/package/port-ticker_${version}_$architecture.deb

main() {
  rm -rf "$tree"
  umask 022
  programs
  documentation
  install -D -m 0644 -t "$tree/usr/lib/systemd/system" deploy/systemd/*.service deploy/systemd/*.mount
  install -D -m 0644 deploy/systemd/port-ticker.sysusers.conf "$tree/usr/lib/sysusers.d/port-ticker.conf"
  install -D -m 0600 "$parts/environment" "$tree/etc/port-ticker/environment"
  install -D -m 0644 "$parts/lintian-overrides" "$tree/usr/share/lintian/overrides/port-ticker"
  control
  # xz would take minutes for a third less.
  dpkg-deb --root-owner-group -Zgzip --build "$tree" "$file" > /dev/null
  echo "$PWD/$file"
}

programs() {
  scripts/logged.sh debian-npm npm install --global --prefix "$cache/installed" --omit=dev --ignore-scripts \
    --prefer-offline --no-audit --no-fund "$package"
  mkdir -p "$tree/usr/lib" "$tree/usr/bin"
  cp -r "$cache/installed/lib/node_modules/port-ticker" "$tree/usr/lib/port-ticker"
  find "$tree/usr/lib/port-ticker" -type f -exec chmod 0644 {} + # its own Node runs them, by path
  find "$tree/usr/lib/port-ticker/node_modules" -name '.*' -exec rm -r {} + -prune # settings of their makers' editors
  install "$(own_node)/bin/node" "$tree/usr/lib/port-ticker/node"
  program port-ticker-producer dist/producer/main.js
  program port-ticker-consumer dist/consumer/main.js
  program ticker_ctl dist/ctl/main.js
}

program() {
  sed "s|@PATH@|$2|" "$parts/program" > "$tree/usr/bin/$1"
  chmod 0755 "$tree/usr/bin/$1"
}

# The Node that scripts/setup/node names, where it is.
own_node() {
  rm -rf "$cache/node"
  cp -r scripts/setup/node "$cache/node"
  scripts/logged.sh debian-node npm ci --prefix "$cache/node" --ignore-scripts --prefer-offline --no-audit --no-fund
  echo "$cache"/node/node_modules/node-linux-*
}

documentation() {
  program=$tree/usr/lib/port-ticker
  documents=$tree/usr/share/doc/port-ticker
  mkdir -p "$documents"
  mv "$program/docs" "$program/README.md" "$program/BENCHMARKS.md" "$program/CHANGELOG.md" "$documents"
  # They link to these.
  ln --symbolic ../../../lib/port-ticker/schemas "$documents/schemas"
  ln --symbolic copyright "$documents/LICENSE"
  changelog | gzip -9n > "$documents/changelog.gz"
  cat "$parts/copyright" LICENSE LICENSES/README.md .cache/package/libbpf/LICENSE.BSD-2-Clause > "$documents/copyright"
  cp "$cache"/node/node_modules/node-linux-*/LICENSE "$program/LICENSE.node"
  rm -r "$program/LICENSE" "$program/LICENSES"

  completions ticker_ctl src/ctl/main.js completion
  completions port-ticker-producer src/producer/main.ts --completion
  completions port-ticker-consumer src/consumer/main.ts --completion
  for page in "$program"/man/*.1; do
    if [ -e "$page" ]; then manual "$page"; fi
  done
  rm -rf "$program/man"
}

changelog() {
  printf 'port-ticker (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' \
    "$version" "$(sed -n 's/^Maintainer: //p' "$parts/control")" "$(date --rfc-email --reference=CHANGELOG.md)"
}

# Usage: completions PROGRAM SCRIPT QUESTION
completions() {
  bash=$tree/usr/share/bash-completion/completions
  zsh=$tree/usr/share/zsh/vendor-completions
  fish=$tree/usr/share/fish/vendor_completions.d
  mkdir -p "$bash" "$zsh" "$fish"
  node "$2" "$3" bash > "$bash/$1"
  node "$2" "$3" zsh > "$zsh/_$1"
  node "$2" "$3" fish > "$fish/$1.fish"
}

manual() {
  mkdir -p "$tree/usr/share/man/man1"
  gzip -9n --stdout "$1" > "$tree/usr/share/man/man1/$(basename "$1").gz"
}

control() {
  size=$(du --summarize --block-size=1024 "$tree" | cut -f 1)
  mkdir "$tree/DEBIAN"
  sed "s|@VERSION@|$version|; s|@ARCHITECTURE@|$architecture|; s|@SIZE@|$size|" "$parts/control" > "$tree/DEBIAN/control"
  install -m 0755 "$parts/postinst" "$parts/prerm" "$parts/postrm" "$tree/DEBIAN"
  echo /etc/port-ticker/environment > "$tree/DEBIAN/conffiles"
  (cd "$tree" && find usr -type f -exec md5sum {} +) > "$tree/DEBIAN/md5sums"
}

main
