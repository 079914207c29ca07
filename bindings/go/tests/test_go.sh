#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The Go packages: their tests, with and without the race detector, gofmt and go vet.
# make has built the programs; each uses an arena of its own.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
cd "$(dirname "$0")/.." || exit 1
command -v go >/dev/null || { echo 'no go command here'; exit 77; }
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
unset HEADWAY_ARENA HEADWAY_PARENT
export TMPDIR=$folder
failures=0
fail() { printf 'FAILED: %s\n' "$*"; failures=$((failures + 1)); }

for test in headway headway-race progress progress-race progress-nocgo client client-race; do
	program=$BIN/bindings/go/$test.test
	# Built by make where there is a race detector; but for one package, for the long run only.
	[[ $test != *-race ]] || [ -x "$program" ] || continue
	# cgo checks more of what it is given where the race detector makes it slow anyway, if the compiler is older than 1.21.
	export GODEBUG=cgocheck=2
	[[ $test == *-race ]] && "$program" -test.list '^$' >/dev/null 2>&1 || unset GODEBUG
	"$program" -test.timeout 200s >"$folder/out" 2>&1 || { fail "$test"; tail -n 50 "$folder/out"; }
done

unformatted=$(XDG_CONFIG_HOME=$folder gofmt -l .) # newer ones write telemetry there
[ -z "$unformatted" ] || fail "not as gofmt would have it: $unformatted"
for cgo in 1 0; do
	# CGO_LDFLAGS: where make has built the library
	CGO_ENABLED=$cgo "$BIN/bindings/go/go" vet ./... >"$folder/out" 2>&1 || { fail "go vet, cgo $cgo"; cat "$folder/out"; }
done
grep -q '^require' go.mod && fail 'there is a module to download'
[ $failures -eq 0 ]
