#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# find_package(headway) finds the files of `make install` in any folder: both libraries can be
# linked with, and an incompatible version is refused.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
need cmake make "${CC:-gcc}"
top=$(cd "$here/../.." && pwd)
version=$(<"$top/VERSION")
quietly() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$@"; }
install_it() { # FOLDER [NAME=VALUE…]
	local to=$1
	shift
	quietly make -C "$top" --no-print-directory install DESTDIR="$folder/$to" "$@"
}
arch=$("${CC:-gcc}" -print-multiarch)
ok 'make install' install_it 'a tree' PREFIX=/usr LIBDIR="/usr/lib/$arch"
ok 'with folders of its own' install_it odd PREFIX=/opt LIBDIR=/opt/libraries/64 INCDIR=/opt/c/include
mv "$folder/a tree" "$folder/moved tree"
root="$folder/moved tree"
ln -s usr/lib "$root/lib" # as on systems with a merged /usr
is 'nothing of where it was built or put' '' "$(grep -rlF -e "$top" -e "$folder" "$root/usr/lib/$arch/cmake")"

mkdir "$folder/program"
cat >"$folder/program/main.c" <<'END'
#include <headway.h>
#include <stdio.h>
int main(void)
{
	printf("%s\n", headway_version());
	return headway_strerror(0) == NULL;
}
END
cat >"$folder/program/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.13)
project(program C)
find_package(headway REQUIRED)
find_package(headway REQUIRED) # as another part of a larger program would
message(STATUS "headway ${headway_VERSION} from ${headway_DIR}")
foreach(asked ${ASKED})
	string(REPLACE "=" ";" words ${asked})
	unset(headway_FOUND)
	find_package(headway ${words} QUIET)
	message(STATUS "asked ${asked}: ${headway_FOUND}")
endforeach()
set(size ${CMAKE_SIZEOF_VOID_P})
set(CMAKE_SIZEOF_VOID_P 4)
unset(headway_FOUND)
find_package(headway QUIET)
message(STATUS "32 bits: ${headway_FOUND}")
set(CMAKE_SIZEOF_VOID_P ${size})
find_package(headway REQUIRED)
add_executable(shared main.c)
target_link_libraries(shared headway::headway)
add_executable(static main.c)
target_link_libraries(static headway::static)
END

configure() { # FOLDER OPTION…
	quietly cmake -S "$folder/program" -B "$folder/$1" -DCMAKE_C_COMPILER="${CC:-gcc}" "${@:2}"
}
IFS=. read -r major minor patch <<<"$version"
good=("$version" "$major.$minor" "$version=EXACT" "$major.$minor...$((major + 1))" "0.0...$version")
bad=("$((major + 1))" "$major.$((minor + 1))" "$major.$minor.$((patch + 1))" "0.0...<$version" "$((major + 1))...9")
asked=$(IFS=';' && echo "${good[*]};${bad[*]}")
ok 'configure' configure build -DCMAKE_PREFIX_PATH="$root" -DASKED="$asked"
like 'the version' "*headway $version from $root*" "$out"
for one in "${good[@]}"; do like "$one is this" "*asked $one: 1*" "$out"; done
for one in "${bad[@]}"; do like "$one is another" "*asked $one: 0*" "$out"; done
like 'a program of 32 bits finds none' '*32 bits: 0*' "$out"
ok 'build' quietly cmake --build "$folder/build"
for program in shared static; do
	ok "run $program" env LD_LIBRARY_PATH= "$folder/build/$program"
	is "$program says" "$version" "$out"
done
like 'it asks for the soname' '*NEEDED*libheadway.so.0]*' "$(readelf -d "$folder/build/shared")"
is 'and the other for none' '' "$(readelf -d "$folder/build/static" | grep 'NEEDED.*headway')"
ok 'other folders' configure build -Dheadway_DIR="$folder/odd/opt/libraries/64/cmake/headway"
ok 'build from them' quietly cmake --build "$folder/build"
ok 'run from them' "$folder/build/shared"
is 'it says' "$version" "$out"
finish
