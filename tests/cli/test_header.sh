#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Development files: the header compiles in every supported language, and programs find the files of
# `make install` with pkg-config, shared and static.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
root=$(cd "$here/../.." && pwd)
need pkg-config
cc=${CC:-gcc} cxx=${CXX:-g++}
need "$cc"
warn=(-Wall -Wextra -Wconversion -pedantic -Werror)

cat >"$folder/use.c" <<'END'
#include <headway.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
	struct headway_options options;
	struct headway_arena *arena = NULL;
	struct headway_record *record = NULL;
	struct headway_snapshot *snapshot = NULL;
	struct headway_id id;
	char json[512];
	int code;

	memset(&options, 0, sizeof(options));
	options.size = sizeof(options);
	options.slots = 16;
	code = headway_open(argc > 1 ? argv[1] : NULL, &options, &arena);
	if (!code)
		code = headway_start(arena, NULL, &record);
	if (!code)
		code = headway_message(record, "Step", "1/2");
	if (!code)
		code = headway_add(record, 5) | headway_set(record, 6) |
		       headway_set_total(record, 7) | headway_counter_add(record, 9, 1);
	if (code == -22) /* there is no counter 9 */
		code = headway_get_id(record, &id);
	if (!code)
		code = headway_finish_with_results(record, "[1]", 3);
	if (!code)
		code = headway_read(arena, &id, &snapshot);
	if (!code && headway_json(snapshot, json, sizeof(json)) > 0)
		printf("%.78s %d\n", json, (int)snapshot->done);
	if (code)
		printf("%s\n", headway_strerror(code));
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	return code != 0;
}
END
cp "$folder/use.c" "$folder/use.cpp"
# The header compiles alone, twice, and as the first include.
printf '#include <headway.h>\n#include <headway.h>\nint main(void) { return HEADWAY_RUNNING - 1; }\n' \
	>"$folder/alone.c"
cp "$folder/alone.c" "$folder/alone.cpp"

compile() { # FILE STANDARD COMPILER OPTION...
	local file=$1 std=$2 compiler=$3
	shift 3
	ok "$file as $std $*" "$compiler" -std="$std" "${warn[@]}" "$@" -I"$root/lib" -fsyntax-only \
		"$folder/$file"
}
for std in c99 c11 c17; do
	compile use.c $std "$cc" -Wshadow -Wstrict-prototypes
	compile use.c $std "$cc" -DHEADWAY_NO_INLINE
done
compile alone.c c99 "$cc"

# The library's other headers are private: each compiles inside the library, and nowhere else.
for header in "$root"/lib/*/*.h; do
	[ "$header" != "$root/lib/base/private.h" ] || continue
	printf '#include "%s"\n' "${header#"$root/lib/"}" >"$folder/private.c"
	inside=("$cc" -std=gnu11 -D_GNU_SOURCE -I"$root/lib" -fsyntax-only "$folder/private.c")
	ok "${header#"$root/"} inside the library" "${inside[@]}" -DHW__INTERNAL
	is "${header#"$root/"} elsewhere" refused \
		"$("${inside[@]}" 2>&1 | grep -q 'private to the library: include <headway.h>' && echo refused)"
done
if command -v "$cxx" >/dev/null; then
	for std in c++11 c++20; do
		compile use.cpp $std "$cxx"
		compile use.cpp $std "$cxx" -DHEADWAY_NO_INLINE
	done
	compile alone.cpp c++11 "$cxx"
fi

# ---- installed -----------------------------------------------------------------------------------
dest=$folder/dest
expected='{"status":"Finished","messages":\[{"key":"Step","value":"1/2"}\],"results":\[1\],* 6'

ok 'make install PREFIX=/usr' env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$root" install \
	DESTDIR="$dest" PREFIX=/usr
# With the folder's short name: pkg-config does not quote it, and the full path may contain spaces.
cd "$folder" || exit 1
export PKG_CONFIG_LIBDIR=dest/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=dest
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
is 'prefix' /usr "$(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --variable=prefix headway)"
is 'version' "$(cat "$root/VERSION")" "$(pkg-config --modversion headway)"
is 'no trace of the staging folder' '' "$(grep -F "$dest" "$PKG_CONFIG_LIBDIR/headway.pc")"
read -ra cflags < <(pkg-config --cflags headway)
read -ra libs < <(pkg-config --libs headway)
read -ra static_libs < <(pkg-config --static --libs headway)
is 'our library and no other' '-lheadway' "$(printf '%s\n' "${libs[@]}" | grep '^-l')"
ok 'link with the shared library' "$cc" -o "$folder/shared" "$folder/use.c" "${cflags[@]}" "${libs[@]}"
ok 'run' env LD_LIBRARY_PATH="$dest/usr/lib" "$folder/shared" "$HEADWAY_ARENA"
like 'what it says, shared' "$expected" "$out"
like 'it asks for the soname' '*NEEDED*libheadway.so.0]*' "$(readelf -d "$folder/shared")"
ok 'link statically' "$cc" -static -o "$folder/static" "$folder/use.c" "${cflags[@]}" "${static_libs[@]}"
ok 'run statically' "$folder/static" "$HEADWAY_ARENA"
like 'what it says, static' "$expected" "$out"
if command -v "$cxx" >/dev/null; then
	ok 'link C++' "$cxx" -o "$folder/shared" "$folder/use.cpp" "${cflags[@]}" "${libs[@]}"
	ok 'run C++' env LD_LIBRARY_PATH="$dest/usr/lib" "$folder/shared" "$HEADWAY_ARENA"
	like 'what it says, C++' "$expected" "$out"
fi
nm -D --defined-only "$dest/usr/lib/libheadway.so" |
	awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort >"$folder/exported"
grep -oE '\bheadway_[a-z_]+\(' "$root/lib/headway.h" | tr -d '(' | sort -u |
	grep -vE 'headway_record_is_(live|ours)' >"$folder/declared"
is 'every function of the header is exported' '' "$(comm -23 "$folder/declared" "$folder/exported")"
is 'and nothing else' '' "$(comm -13 "$folder/declared" "$folder/exported")"
finish
