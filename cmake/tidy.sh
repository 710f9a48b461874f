#!/usr/bin/env bash
# tidy.sh [FOLDER...]: clang-tidy over the folders' .cc files, with the compile commands of the clang build.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
[ $# -gt 0 ] || set -- engine vacuum server

cmake --preset clang --log-level=WARNING >/dev/null
git ls-files -z --cached --others --exclude-standard "$@" | tr '\0' '\n' | { grep '\.cc$' || true; } |
  while read -r file; do
    # Only what this configuration compiles: other files have no compile command.
    if grep -q "/$file\"" build/clang/compile_commands.json; then printf '%s\0' "$file"; fi
  done | xargs -0 -r -n 1 -P "$jobs" clang-tidy-14 -p build/clang --quiet 2>&1 |
  { grep -v -e '^[0-9]* warnings generated' -e '^Suppressed ' -e '^Use -header-filter' || true; }
