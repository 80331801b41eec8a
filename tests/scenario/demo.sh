#!/usr/bin/env bash
# The demo's walk ends well with programs that are built already.
#
#   demo.sh SOURCE_ROOT BUILD_DIRECTORY
#
# The demo sets up and builds first, which is not what is tested here: it runs from a folder of its
# own, whose setup and build find everything done.
set -euo pipefail
root=$1 built=$2
dir=$(mktemp -d -t shop-demo-test-XXXXXX)
trap 'rm -rf "$dir"' EXIT

mkdir "$dir/tools" "$dir/tmp"
cp "$root/tools/demo" "$dir/tools/demo"
ln -s "$root/tools/catalogue" "$dir/tools/catalogue"
ln -s "$built" "$dir/build"
printf '#!/bin/sh\n' >"$dir/tools/setup"
cp "$dir/tools/setup" "$dir/tools/build"
chmod +x "$dir/tools/setup" "$dir/tools/build" "$dir/tools/demo"

# Looking for leaks takes longer than a call; other scenarios do.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
TMPDIR=$dir/tmp timeout 200 "$dir/tools/demo" >"$dir/out" 2>"$dir/err" || {
  echo "the demo ended with $?"; cat "$dir/out" "$dir/err"; exit 1; }

# holds TEXT: the demo said so.
holds() { grep -qF -- "$1" "$dir/out" || { echo "the demo did not say: $1"; cat "$dir/out"; exit 1; }; }
holds "60 products on"
holds "prices in yuan with 13 % VAT"
holds "signed in as 林月"
holds "payment "
holds "the order is confirmed"
holds "is closed: "
holds "(70 received, 2 sold, 1 back)"
tail -1 "$dir/out" | grep -qF "verify: every row, index, chain and sum holds" || {
  echo "the demo does not end with verify:"; tail -3 "$dir/out"; exit 1; }
[ -z "$(ls -A "$dir/tmp")" ] || { echo "the demo left something behind:"; ls "$dir/tmp"; exit 1; }
