#!/bin/sh
# Every linter over every file that is tracked or about to be: one line a tool, and each runs whatever the others say.
set -u
cd "$(dirname "$0")/.." || exit

main() {
  # gcc and clang count a void pointer in bytes, and check formats with more knowledge of the types.
  set -- --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr -j2 -I xdp \
    --suppress=arithOperationsOnVoidPointer --suppress=invalidPrintfArgType_uint \
    '-DSEC(name)=' '-DLIBBPF_OPTS(type,name,...)=struct type name = { __VA_ARGS__ }'
  scripts/setup/packages.sh lint || exit
  failed=0
  check biome npx biome check --error-on-warnings || failed=1
  check tsc npx tsc || failed=1
  check 'tsc of the page' npx tsc -p src/consumer/page/assets || failed=1
  check 'knip (dead code)' npx knip --no-progress || failed=1
  check 'jscpd (duplicates)' npx jscpd --no-colors || failed=1
  files '*.c' '*.h' '*.cc' | check clang-format xargs clang-format --dry-run -Werror || failed=1
  files '*.c' '*.cc' | check cppcheck xargs cppcheck "$@" || failed=1
  files '*.sh' .ci/run | check shellcheck xargs shellcheck || failed=1
  exit "$failed"
}

check() {
  tool=$1
  shift
  if output=$("$@" 2>&1); then
    echo "lint: $tool is content"
  else
    printf '%s\nlint: %s is not content\n' "$output" "$tool" >&2
    return 1
  fi
}

files() {
  git ls-files --cached --others --exclude-standard --deduplicate -- "$@"
}

main
