#!/bin/sh
# Usage: logged.sh NAME COMMAND…
# Runs a command whose output only matters when it fails: then its last lines are shown.
set -eu
log=$(dirname "$0")/../.cache/logs/$1.log
shift

mkdir -p "$(dirname "$log")"
"$@" > "$log" 2>&1 < /dev/null && exit
status=$?

# In one piece, as others may be running beside it.
printf '%s\n' "Failed: $*. The last lines of $(realpath "$log"):
$(tail -n 20 "$log" | sed 's/^/  /')" >&2
exit "$status"
