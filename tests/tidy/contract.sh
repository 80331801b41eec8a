#!/usr/bin/env bash
# The contract passes buf's lint, and does not break what was released: released.binpb is the
# contract of the last release. The lint is seen to refuse a bad file first.
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
buf=$source/build-lint/node_modules/.bin/buf
[ -x "$buf" ] || { echo "buf is not there: tools/setup-lint"; exit 77; }
cp "$source/tests/tidy/buf.yaml" "$work/"

image() { # OUT PROTO-DIRECTORY
  (cd "$2" && protoc -I. -I/usr/include --include_source_info --include_imports -o "$1" ./*.proto)
}

image "$work/now.binpb" "$source/proto"
cd "$work"
"$buf" lint now.binpb --config buf.yaml

cp -r "$source/proto" "$work/bad"
sed -i 's/^message PriceList {/message price_list_2 { string x = 1; }\n&/' bad/catalog.proto
image "$work/bad.binpb" "$work/bad"
if "$buf" lint bad.binpb --config buf.yaml >/dev/null; then
  echo "the lint let a badly named message pass"
  exit 1
fi

released=$source/tests/tidy/released.binpb
"$buf" breaking now.binpb --against "$released" --config buf.yaml
sed -i 's/string sku = 3 /string sku = 33 /' bad/catalog.proto
image "$work/bad.binpb" "$work/bad"
if "$buf" breaking bad.binpb --against "$released" --config buf.yaml >/dev/null; then
  echo "a renumbered field passed as no break"
  exit 1
fi
echo "the contract is clean and breaks nothing"
