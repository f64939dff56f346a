#!/bin/sh
# Every linter over every file that is tracked or about to be: one line a tool, and each runs whatever the others say.
set -u
cd "$(dirname "$0")/.." || exit
failed=0

main() {
  check biome npx biome check --error-on-warnings
  check tsc npx tsc
  check clang-format c_format
  check shellcheck shell_scripts
  exit "$failed"
}

check() {
  tool=$1
  shift
  if output=$("$@" 2>&1); then
    echo "lint: $tool is content"
  else
    printf '%s\nlint: %s is not content\n' "$output" "$tool" >&2
    failed=1
  fi
}

c_format() {
  files '*.c' '*.h' '*.cc' | xargs clang-format --dry-run -Werror
}

shell_scripts() {
  files '*.sh' .ci/run | xargs shellcheck
}

files() {
  git ls-files --cached --others --exclude-standard --deduplicate -- "$@"
}

main
