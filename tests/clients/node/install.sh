#!/usr/bin/env bash
# Installs what package-lock.json pins into the current folder, unless that is what is there already.
set -eu
stamp=node_modules/.installed-lock
if cmp -s package-lock.json "$stamp"; then exit 0; fi
npm ci --ignore-scripts --no-audit --no-fund
cp package-lock.json "$stamp"
