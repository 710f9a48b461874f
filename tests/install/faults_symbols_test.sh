#!/usr/bin/env bash
# faults_symbols_test.sh LIBRARY absent|present: the machinery of nacre/testing.h (yield points, planted
# bugs) is in the library exactly if it was configured with NACRE_FAULTS.
set -euo pipefail

library=$1 expected=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

nm -C "$library" >"$scratch/symbols" 2>/dev/null
strings -a "$library" >"$scratch/strings"
# An empty listing would prove nothing.
grep -q 'nacre::Database::' "$scratch/symbols" || { echo "no engine in $library"; exit 1; }

status=0
expect() {
  local what=$1 pattern=$2 file=$3 found=absent
  grep -q "$pattern" "$scratch/$file" && found=present
  if [ "$found" != "$expected" ]; then
    echo "$what: $found, expected $expected"
    grep -m 5 "$pattern" "$scratch/$file" || true
    status=1
  fi
}

expect "symbols of nacre::testing" 'nacre::testing::' symbols
expect "step hook" 'nacre::base::\(ReachStep\|HasStepHook\)' symbols
expect "planted bugs" 'nacre::base::BugPlanted' symbols
# Names of steps and bugs as they are written in messages.
expect "name of a step" '^commit-linked$' strings
expect "name of a bug" '^skip-read-validation$' strings
exit $status
