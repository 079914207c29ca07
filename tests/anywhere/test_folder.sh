#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The library built in another folder, with a space in its name and without git, by a user with
# umask 077 and without HOME, is the same bytes as here, and no installed file contains the path of
# a folder. `tests/anywhere.sh folder` runs all tests under these conditions.
# shellcheck source=tests/cli/lib.sh disable=SC2034
. "${0%/*}/../cli/lib.sh"
top=$(cd "$here/../.." && pwd)
tree="$folder/a b/head way"
mkdir -p "$tree" "$folder/tmp dir"
(cd "$top" && tar -c --exclude=./build --exclude=./.git --exclude=./.deps --exclude='*.tar.gz' .) | tar -x -C "$tree"

version=$(<"$top/VERSION")
library=(build/release/libheadway.a "build/release/libheadway.so.$version")
make_it() { (umask 077 && unset HOME && TMPDIR="$folder/tmp dir" make --no-print-directory -j2 -C "$@"); }
ok 'the build here is up to date' make -C "$top" --no-print-directory all
ok 'make there' make_it "$tree" "${library[@]}"
for file in "${library[@]}"; do
	ok "$file: the same bytes" cmp "$tree/$file" "$BIN/${file##*/}"
done
for file in headway headway-httpd libheadway.a "libheadway.so.$version"; do
	is "$file: no path" 0 "$(grep -caF "$top" "$BIN/$file")"
done
ok 'lint' env -C "$tree" tests/lint.sh
is 'nothing in TMPDIR' '' "$(ls -A "$folder/tmp dir")"
finish
