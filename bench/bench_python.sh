#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a call costs in Python, beside tqdm: see bindings/python/bench/bench.py.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
python=/usr/bin/python3 # the package is built for the system's
[ -x "$python" ] || python=$(command -v python3) || { echo 'SKIP Python: no python3 here'; exit 0; }
[ -e "$BIN/bindings/python/headway/_headway.abi3.so" ] ||
	{ echo 'SKIP Python: the extension is not built, which needs python3-dev'; exit 0; }
smoke=${BENCH_SMOKE:-} rounds=${BENCH_ROUNDS:-9}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck source=bench/figures.sh
. "$here/figures.sh"
export BENCH_ROUNDS=$rounds PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BIN/bindings/python
taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" "$python" "$here/../bindings/python/bench/bench.py" "$dir" || exit 1
figures python <<-Q || exit 1
	a_step_of_track ns 1 1 track - - <=10
	message ns 1 1 message - - -
Q
if [ ! -e "$dir/their_tqdm_update" ]; then
	echo 'SKIP Python beside tqdm: no tqdm here (python3-tqdm)'
	exit 0
fi
figures python <<-Q || exit 1
	add ns 1 1 add their_tqdm_update tqdm,_update times<=0.25
	headway.tqdm,_update ns 1 1 tqdm_update their_tqdm_update tqdm,_update -
	headway.tqdm,_a_step ns 1 1 tqdm_loop their_tqdm_loop tqdm,_a_step -
Q
