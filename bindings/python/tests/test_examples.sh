#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The Python examples do what they say, and leave records of it; those of the documentation run.
# shellcheck source=bindings/python/tests/lib.sh
. "${0%/*}/lib.sh"
try "$python" "$source/examples/import_tables.py" users=2000 broken=3 items=800
is 'tables' '2 of 3 tables' "$out"
is 'one is broken' 1 "$code"
view --name import
record_has 'the import' '"status":"Finished"' '"unit":"tables","done":3,"total":3' '"results":{"failed":["broken"]}'
import=$(jq -r .id <<<"$record")
view --name users
record_has 'a table' '"status":"Finished"' '"done":2000,"total":2000' "\"parent\":\"$import\"" \
	"\"sha256\":\"$(for n in {0..1999}; do printf 'users %d' "$n"; done | sha256sum | cut -d ' ' -f 1)\""
view --name broken
record_has 'the broken one' '"status":"Error"' '{"key":"Error","value":"broken: row 0 is not readable"}' "\"parent\":\"$import\""

ok 'bars' "$python" "$source/examples/bars.py" 2000
is 'prints' '2664667000 303' "$out"
like 'draws a bar' '*cubes: 100%|██████████| 2000/2000 \[*numbers/s, first=1900\]*' "$err"
is 'no bar where there is no terminal' 0 "$(grep -c squares <<<"$err")"
for name in squares cubes primes; do
	view --name $name
	record_has "$name" '"status":"Finished"' '"done":2000,"total":2000'
done
is 'a child of none' 0 "$(headway dump --format ndjson --name cubes | jq 'select(.parent) | length' | wc -l)"

# The documentation's own, each fenced block that is a program.
awk '/^```python run$/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (folder "/doc" n ".py") }' \
	folder="$folder" "$source/README.md"
blocks=("$folder"/doc*.py)
[ -e "${blocks[0]}" ]
verdict $? 'the documentation has programs'
for block in "${blocks[@]}"; do
	ok "documentation: $(head -n 3 "$block")" "$python" "$block"
done
finish
