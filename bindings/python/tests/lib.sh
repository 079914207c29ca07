# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What the scripts that test the Python package share.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/../../../tests/cli/lib.sh"
python=/usr/bin/python3 # rather than the wrapper of a version manager, which takes a second
[ -x $python ] || python=$(command -v python3)
[ -e "$BIN/bindings/python/headway/_headway.abi3.so" ] || {
	echo 'the Python package is not built: no python3-config here?'
	exit 77
}
source=$(cd "${0%/*}/.." && pwd)
tree=$(cd "$source/../.." && pwd)
export PYTHONPATH=$BIN/bindings/python PYTHONDONTWRITEBYTECODE=1
# has MODULE: Python has it
has() { "$python" -c "import $1" 2>/dev/null; }
