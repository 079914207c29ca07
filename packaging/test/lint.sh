#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs Debian's own checks on built packages: lint.sh FOLDER, which packaging/deb.sh filled. Exit
# code: 0 no findings, 1 findings, 77 a tool is missing.
set -u
cd "$1" || exit 1
for tool in lintian blhc hardening-check dpkg-deb; do
	command -v "$tool" >/dev/null || { echo "no $tool here"; exit 77; }
done
failures=0
quiet() { # WHAT COMMAND…: passes if the command succeeds and prints nothing
	local said code
	said=$("${@:2}" 2>&1)
	code=$?
	if [ "$code" -eq 0 ] && [ -z "$said" ]; then
		echo "ok: $1"
	else
		printf 'FAILED: %s (exit %d)\n%s\n' "$1" "$code" "$said"
		failures=$((failures + 1))
	fi
}

# Whatever it prints is a finding.  Its exit code counts also what it hides, as the files that Python's own tools put
# beside a package.
run_lintian() { lintian --allow-root -i -I --pedantic --fail-on error ./*.changes; }
run_blhc() { blhc --all --debian build.log; }
# Required hardening; functions without a fortified version do not count as findings.
run_hardening() {
	local folder program
	folder=$(mktemp -d) || return 1
	for program in ./*.deb; do dpkg-deb -x "$program" "$folder" || return 1; done
	find "$folder" -type f \( -path '*bin/*' -o -name '*.so.*' \) ! -name '*.debug' -print0 |
		xargs -0 hardening-check --nocfprotection --quiet
	rm -rf "$folder"
}
quiet lintian run_lintian
quiet blhc run_blhc
quiet hardening-check run_hardening
[ "$failures" -eq 0 ]
