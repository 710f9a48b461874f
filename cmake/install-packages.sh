#!/usr/bin/env bash
# install-packages.sh LIST...: installs the Debian packages of the lists that are missing.
#
# Quick and silent when nothing is missing. Asks nothing when run by root; otherwise uses sudo. On a
# system other than Debian 12 it prints what is needed and stops; NACRE_SKIP_PACKAGES=1 skips all of it.
set -euo pipefail

[ "${NACRE_SKIP_PACKAGES:-0}" = 1 ] && exit 0

wanted=()
missing=()
while read -r package program; do
  wanted+=("$package")
  [ -n "$program" ] && command -v "$program" >/dev/null 2>&1 && continue
  if ! command -v dpkg-query >/dev/null 2>&1 ||
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
    missing+=("$package")
  fi
done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@")

[ ${#missing[@]} -eq 0 ] && exit 0

stop() {
  echo "$1" >&2
  echo "Needed (Debian 12 names): ${wanted[*]}" >&2
  echo "Not found here:           ${missing[*]}" >&2
  echo "$2" >&2
  exit 1
}

debian_release=$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}")
if [ "$debian_release" != debian12 ]; then
  stop "This is not Debian 12: install what is missing by the means of this system." \
    "Then run the same command with NACRE_SKIP_PACKAGES=1."
fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 ||
    stop "Packages are missing, and installing them needs root." \
      "As root: apt-get install --no-install-recommends ${missing[*]}"
  sudo=(sudo)
fi

installs() {
  case " ${missing[*]} " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# Debian starts a server as soon as it is installed. redis-server is here as a peer that the tests start
# themselves; one started by the package would hold port 6379, our own default.
policy=/usr/sbin/policy-rc.d
if installs redis-server && [ ! -e "$policy" ]; then
  trap '"${sudo[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
  "${sudo[@]}" chmod 755 "$policy"
fi

echo "Installing with apt-get: ${missing[*]}"
apt_get() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}
apt_get update || stop "apt-get update failed." "Is the package mirror reachable?"
# --no-remove: a conflict with an installed package is its owner's to resolve, not ours.
apt_get install -y --no-remove --no-install-recommends "${missing[@]}" >/dev/null ||
  stop "apt-get install failed." "See its message above; a package in conflict has to be removed by hand."

if installs redis-server; then
  echo "redis-server was installed for the tests only: not started now, nor at the next boot."
  "${sudo[@]}" update-rc.d redis-server disable >/dev/null 2>&1 || true
  "${sudo[@]}" deb-systemd-helper disable redis-server.service >/dev/null 2>&1 || true
fi
