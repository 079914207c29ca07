#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The test of the page once more, with axe-core's rules: BIN=FOLDER axe.sh.  npm fetches axe-core into that folder.
set -u
BIN=$(cd "${BIN:?the folder of the programs}" && pwd) || exit 1
cd "$(dirname "$0")/../.." || exit 1
version=4.14.1
export BIN AXE=$BIN/axe/package/axe.min.js
if [ ! -e "$AXE" ]; then
	command -v npm >/dev/null || { echo 'no npm here (package npm)'; exit 77; }
	mkdir -p "$BIN/axe"
	(cd "$BIN/axe" && npm pack --silent "axe-core@$version" >/dev/null && tar -xzf "axe-core-$version.tgz") ||
		{ echo "axe-core $version can't be fetched from npm's registry"; exit 77; }
fi
exec tests/http/test_http_page.sh
