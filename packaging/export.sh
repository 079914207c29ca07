#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Writes the tree to be packaged as a tar file to standard output, below a folder: export.sh NAME.
# The tree is HEAD; without git, as in an unpacked tarball, everything except build results.
set -eu
top=$(cd "${0%/*}/.." && pwd)
if [ -e "$top/.git" ]; then
	git -C "$top" archive --format=tar --prefix="$1/" HEAD
else
	tar -C "$top" --exclude=./build --exclude=./.deps --sort=name --owner=0 --group=0 --numeric-owner \
		--transform "s|^\.|$1|" -cf - .
fi
