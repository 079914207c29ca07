#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs Skia's own tests of perf/go/progress on this package: skia.sh FOLDER, where the folder is perf/go/progress of a
# checkout, or has its *_test.go.  Imports of go.skia.org/infra/go/now are replaced by headway/now.  testify comes from
# Debian's golang-github-stretchr-testify-dev, or from GOCODE, a folder with a src.
set -eu
[ $# -eq 1 ] || { echo 'usage: skia.sh FOLDER' >&2; exit 2; }
ours=$(cd "$(dirname "$0")/.." && pwd)
gocode=${GOCODE:-/usr/share/gocode}
[ -d "$gocode/src/github.com/stretchr/testify" ] ||
	{ echo "skia.sh: no testify in $gocode (package golang-github-stretchr-testify-dev)" >&2; exit 1; }
path=$(mktemp -d)
trap 'rm -rf "$path"' EXIT
mkdir -p "$path/src/headway" "$path/src/go.skia.org/infra/go/testutils/unittest"
cp -r "$ours"/*.go "$ours"/*.h "$ours/now" "$ours/progress" "$path/src/headway"
rm "$path"/src/headway/progress/*_test.go
for test in "$1"/*_test.go; do
	sed 's|"go.skia.org/infra/go/now"|"headway/now"|' "$test" >"$path/src/headway/progress/${test##*/}"
done
printf 'package unittest\n\nimport "testing"\n\nfunc SmallTest(*testing.T) {}\n' >"$path/src/go.skia.org/infra/go/testutils/unittest/unittest.go"
cd "$path/src/headway/progress"
export GO111MODULE=off GOPATH=$path:$gocode GOFLAGS=
export CGO_CFLAGS=-I$ours/../../lib CGO_LDFLAGS=-L${BIN:-$ours/../../build/release}
export HEADWAY_ARENA=$path/arena
go test -v . "${@:2}"
