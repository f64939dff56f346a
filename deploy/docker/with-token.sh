#!/bin/sh
# Usage: with-token COMMAND…
# Makes the token that the HTTP interface wants, unless there is one already, and runs the command. Whoever has the
# volume may read it: Prometheus and the sensor are other users.
set -eu
umask 022

token=$PORT_TICKER_HTTP_TOKEN_FILE
if ! [ -e "$token" ]; then
  node --print "crypto.randomBytes(32).toString('hex')" > "$token.part"
  mv "$token.part" "$token" # whole, or not there
fi
exec "$@"
