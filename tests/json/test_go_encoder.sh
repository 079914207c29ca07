#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# For thousands of random records the status view equals the output of Go's encoder byte for byte.
# HEADWAY_SEED and HEADWAY_COUNT select other records.
set -eu
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "no go command on this machine"; exit 77; }
programs=${BIN:-../../build/release}
[ -x "$programs/tests/json/write_records" ] || {
	echo "no $programs/tests/json/write_records; run make check"
	exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GO111MODULE=off GOFLAGS='' GOTOOLCHAIN=local GOCACHE=$work/cache HOME=$work XDG_CONFIG_HOME=$work
go build -o "$work/compare" main.go
"$programs/tests/json/write_records" "${HEADWAY_SEED:-1}" "${HEADWAY_COUNT:-6000}" >"$work/records"
"$work/compare" <"$work/records"
