#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# On systems other than Debian, deps.sh finds what is installed, and names what is missing by the
# system's package names.
# shellcheck source=tests/cli/lib.sh disable=SC2034
. "${0%/*}/../cli/lib.sh"
root=$here/../..
deps=$root/tests/deps.sh
# An environment without Debian's tools, and without some programs that may be missing.
mkdir "$folder/bin"
for program in bash env grep jq curl cat make; do ln -s "$(command -v "$program")" "$folder/bin/$program"; done
printf '#!/bin/sh\nPATH=%s exec cc "$@"\n' "$PATH" >"$folder/bin/cc"
chmod +x "$folder/bin/cc"
there=("curl" "jq" "make")
say_system() { printf '%s\n' "$@" >"$folder/os-release"; }
on() { env PATH="$folder/bin" OS_RELEASE="$folder/os-release" "$deps" "$@"; }

say_system ID=fedora
ok 'what is there needs no word' on --missing-only "${there[@]}"
is 'no word' '' "$out$err"
ok 'nor does it stop one who asks' on "${there[@]}"
is 'who is told' 'deps: nothing missing' "$err"
ok 'headers are looked for' on --missing-only libc6-dev
try on --missing-only "${there[@]}" tmux g++ no-such,python3
is 'Fedora: what is missing stops it' 1 "$code"
is 'Fedora: says its names' $'deps: something is missing; please install it and run make again:
deps:   Fedora: dnf install tmux gcc-c++ python3' "$err"
ok 'Fedora: what it does not have stops nothing' on --missing-only spin
is 'Fedora: but is said' 'deps: no package here for spin; the tests that want them are skipped' "$err"
say_system ID=manjaro ID_LIKE=arch
try on --missing-only tmux g++ python3 spin
is 'Arch: says its names' $'deps: something is missing; please install it and run make again:
deps:   Arch: pacman -S --needed tmux gcc python
deps:   Arch, from its user repository: spin' "$err"
say_system ID=void
try on --missing-only tmux python3
is 'another system: says both' $'deps: something is missing; please install it and run make again:
deps:   Fedora: dnf install tmux python3
deps:   Arch: pacman -S --needed tmux python' "$err"
rm "$folder/os-release"
try on --missing-only tmux
is 'no os-release: both' 1 "$code"
like 'no os-release: and no other word' 'deps: something is missing*' "$err"
say_system ID=fedora
ok 'what only Debian has stops nothing' on --missing-only nonsense,more-nonsense
is 'but is said, too' 'deps: no package here for nonsense; the tests that want them are skipped' "$err"
cat >"$folder/bin/cc" <<'END'
#!/bin/sh
exit 1
END
say_system ID=fedora
try on --missing-only zlib1g-dev
is 'a header that is not there' $'deps: something is missing; please install it and run make again:
deps:   Fedora: dnf install zlib-devel' "$err"

# Every package that the Makefile names is in deps.names.
lists=$(env -u MAKEFLAGS -u MFLAGS make -C "$root" --no-print-directory \
	--eval 'print-lists: ; @echo $(DEPS_BUILD)' print-lists)
is 'there are lists' yes "$([ "$(wc -w <<<"$lists")" -gt 10 ] && echo yes)"
unknown=''
for package in $lists; do
	found=''
	for name in ${package//,/ }; do grep -qE "^${name//+/\\+} " "$root/tests/deps.names" && found=1; done
	[ -n "$found" ] || unknown+=" $package"
done
is 'each is in deps.names' '' "$unknown"
is 'each line has four words' '' "$(grep -vE '^(#|$)' "$root/tests/deps.names" | awk 'NF != 4')"
finish
