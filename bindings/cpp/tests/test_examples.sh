#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The examples of the C++ header print what they promise, and leave the right records.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../../../tests/cli/lib.sh"
cpp=$(cd "${0%/*}/.." && pwd)
examples=$BIN/bindings/cpp
ok 'a parallel algorithm' "$examples/parallel" 100000
is 'counts' '9592 primes below 100000' "$out"
view --name primes
record_has 'its record' '"status":"Finished"' '"done":100000,"total":100000' '"results":{"primes":9592}'
ok 'a pool' "$examples/pool" 8
view --name pool
record_has 'the pool' '"status":"Finished"' '"done":8,"total":8' '"results":{"failed":1}'
pool=$(jq -r .id <<<"$record")
try headway dump --format ndjson --name 'job *'
is 'its jobs are its children' 8 "$(jq -r .parent <<<"$out" | grep -c "$pool")"
is 'and all but one Finished' 7 "$(jq -r .status <<<"$out" | grep -c Finished)"
is 'which says why' 'half way, and no further' "$(jq -r 'select(.status == "Error").messages[0].value' <<<"$out")"
# Without an arena an example prints an error, and does not crash.
fails 'no arena' 1 'parallel: headway_open: *' env HEADWAY_ARENA=/no/such/folder/arena "$examples/parallel"

# The example of the header's documentation, with the arena's default name.
{
	echo '#include <headway.hpp>'
	echo 'int main() {'
	sed -n 's/^ \*     \(.*;.*\)/\1/p' "$cpp/headway.hpp"
	echo '}'
} >"$folder/doc.cpp"
ok 'the documentation compiles' "${CXX:-g++}" -std=c++17 -I"$cpp" -I"$cpp/../../lib" \
	-o "$folder/doc" "$folder/doc.cpp" "$BIN/libheadway.a" -pthread
ok 'and runs' "$folder/doc"
view --name index
record_has 'its record' '"status":"Finished"' '{"key":"Stage","value":"reading"}' '"results":{"documents":1000}'
finish
