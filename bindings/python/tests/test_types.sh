#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Types: the package and its examples pass mypy --strict, the extension's stubs say what the extension has,
# and what is wrong is found.  pyright looks, too, where there is one.
# shellcheck source=bindings/python/tests/lib.sh
. "${0%/*}/lib.sh"
has mypy || { echo 'no mypy here'; exit 77; }
cd "$folder" || exit 1
export MYPYPATH=$PYTHONPATH
mypy() { "$python" -m mypy --strict --cache-dir "$folder/cache" "$@"; }
ok 'mypy --strict' mypy -p headway
verdict "$code" 'says' "$out"
ok 'examples' mypy "$source"/examples/*.py
verdict "$code" 'says' "$out"
ok 'the stubs are what there is' "$python" -m mypy.stubtest headway._headway
verdict "$code" 'says' "$out"

cat >wrong.py <<'P'
import headway
record = headway.start("a", total="many")
record.add("1")
record.done = "x"
record[5] = "x"
for x in headway.track([1, 2]):
    x.upper()
arena = headway.open("/a", create=3, no_such=1)
arena.wait(record, timeout="long")
s: int = arena.read(record).name
P
try mypy wrong.py
for line in 2 3 4 5 7 8 9 10; do
	like "line $line is wrong" "*wrong.py:$line: error: *" "$out"
done
# From the npm registry, so it is not among what `make deps` installs.
if command -v pyright >/dev/null; then
	ok 'pyright' pyright --pythonpath "$python" "$PYTHONPATH/headway" "$source/examples"
	verdict "$code" 'says' "$out"
	ok 'all of the interface has types' pyright --pythonpath "$python" --verifytypes headway --ignoreexternal
	verdict "$code" 'says' "$out"
fi
finish
