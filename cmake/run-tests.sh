#!/usr/bin/env bash
# run-tests.sh PRESET [CTEST-ARGUMENT...]: configures, builds, runs ctest in parallel.
#
# The last line is "N passed, N failed". Exit status 0 only if something ran and nothing failed; a build
# that fails counts as one failure. With BUILD_TARGET set, only that target is built; tests of other
# targets must then be left out by the ctest arguments.
set -uo pipefail
cd "$(dirname "$0")/.."

preset=$1
shift
jobs=${JOBS:-$(nproc)}
junit=$PWD/build/$preset/ctest-junit.xml

finish() {
  echo "$1 passed, $2 failed"
  [ "$2" -eq 0 ]
  exit
}

cmake --preset "$preset" --log-level=WARNING >/dev/null &&
  cmake --build --preset "$preset" --parallel "$jobs" ${BUILD_TARGET:+--target "$BUILD_TARGET"} ||
  finish 0 1

# The thread sanitizer of g++ 12 needs address space that kernels with much randomisation do not leave free.
plain=()
if [ "$preset" = tsan ] && setarch -R true 2>/dev/null; then plain=(setarch -R); fi

# One more than there are processors, since many a test waits for a server or a terminal.
rm -f "$junit"
"${plain[@]}" ctest --preset "$preset" --parallel "$((jobs + 1))" --no-tests=error --output-junit "$junit" "$@"
ctest_status=$?

counts=$(/usr/bin/python3 cmake/count_tests.py "$junit" "$ctest_status") || counts="0 1"
finish $counts
