#!/usr/bin/env bash
# install_test.sh BUILD-DIR CXX FAULTS(ON|OFF): installs to a temporary prefix, moves the installed tree,
# and builds and runs a separate project against it, once by find_package and once by pkg-config.
set -euo pipefail

build_dir=$1 cxx=$2 faults=$3
consumer=$(cd "$(dirname "$0")" && pwd)/consumer
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }

cmake --install "$build_dir" --prefix "$scratch/first" >"$scratch/install.log" || {
  cat "$scratch/install.log"
  fail "cmake --install"
}
# Nothing in the tree may know where it was installed first.
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved
if grep -rIl "$scratch/first\|$build_dir" "$prefix"; then
  fail "the installed text files above name the place where they were made"
fi

header=$prefix/include/nacre/testing.h
if [ "$faults" = ON ]; then
  [ -e "$header" ] || fail "the faults build does not install nacre/testing.h"
else
  [ ! -e "$header" ] || fail "nacre/testing.h is installed although the library has no faults"
fi

expected="greeting=hello name=world "

cmake -S "$consumer" -B "$scratch/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_PREFIX_PATH="$prefix" >"$scratch/cmake.log" 2>&1 || {
  cat "$scratch/cmake.log"
  fail "find_package(nacre)"
}
grep -q "nacre_DIR:PATH=$prefix/" "$scratch/cmake/CMakeCache.txt" || fail "found another nacre"
cmake --build "$scratch/cmake" || fail "building with find_package"
[ "$("$scratch/cmake/consumer")" = "$expected" ] || fail "consumer built with find_package"

# The client, against the installed server.
exec {server_output}< <(exec "$prefix/bin/nacre-server" --port 0 2>&1)
server=$!
port=
while [ -z "$port" ]; do
  read -r line <&"$server_output" || fail "the installed server ended before it listened"
  echo "nacre-server: $line"
  port=$(sed -nE 's/.*listens on .*:([0-9]+).*/\1/p' <<<"$line")
done
client_expected="greeting=hello"
[ "$("$scratch/cmake/client_consumer" "$port")" = "$client_expected" ] || fail "client built with find_package"

# The judge, as a library and as a program.
[ "$("$scratch/cmake/check_consumer")" = write-skew ] || fail "judge built with find_package"
printf 'T1 ok | write x 1\nT2 ok | read x 2\n' >"$scratch/history"
status=0
"$prefix/bin/nacre-check" history "$scratch/history" >"$scratch/report" || status=$?
[ "$status" = 1 ] && grep -q thin-air-read "$scratch/report" || fail "the installed nacre-check"

pkgconfig=$(dirname "$(find "$prefix" -name nacre.pc)")
export PKG_CONFIG_PATH=$pkgconfig
# shellcheck disable=SC2046  # flags are words
"$cxx" -std=c++20 "$consumer/consumer.cc" -o "$scratch/consumer" \
  $(pkg-config --cflags nacre) $(pkg-config --libs nacre) || fail "building with pkg-config"
[ "$("$scratch/consumer")" = "$expected" ] || fail "consumer built with pkg-config"

# shellcheck disable=SC2046
"$cxx" -std=c++20 "$consumer/client_consumer.cc" -o "$scratch/client_consumer" \
  $(pkg-config --cflags nacre-client) $(pkg-config --libs nacre-client) || fail "building the client with pkg-config"
[ "$("$scratch/client_consumer" "$port")" = "$client_expected" ] || fail "client built with pkg-config"

# shellcheck disable=SC2046
"$cxx" -std=c++20 "$consumer/check_consumer.cc" -o "$scratch/check_consumer" \
  $(pkg-config --cflags nacre-check) $(pkg-config --libs nacre-check) || fail "building the judge with pkg-config"
[ "$("$scratch/check_consumer")" = write-skew ] || fail "judge built with pkg-config"

echo "installed tree works with find_package and pkg-config"
