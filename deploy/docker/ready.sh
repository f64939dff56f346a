#!/bin/sh
# Usage: ready PORT
# The health check of a service: exit code 0 when it is ready.
exec node --eval "fetch('http://127.0.0.1:$1/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"
