#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A machine with weak memory ordering: cross-compiles for aarch64, runs under qemu what needs no
# fork (its madvise does not support DONTFORK and WIPEONFORK), and checks the barriers of every
# ordered access in the disassembly. Each mutant that removes a barrier must be found. Exit code: 0,
# 1, or 77 when the cross tools are missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
CROSS=${CROSS:-aarch64-linux-gnu-}
out=${BUILD:-build}/aarch64
failed=0
mkdir -p "$out/include" "$out/mutant/base"
skip() { echo "skipped: $1"; exit 77; }
command -v "${CROSS}gcc" >/dev/null || skip "no ${CROSS}gcc (package gcc-aarch64-linux-gnu)"
[ -r /usr/include/gcc/aarch64/ck_pr.h ] || skip "no ck headers for aarch64 (package libck-dev)"
# ck_md.h describes the machine; the installed one is for the build machine
sed 's/CK_MD_TSO/CK_MD_RMO/' /usr/include/ck_md.h >"$out/include/ck_md.h"

# ---- barriers ------------------------------------------------------------------------------------
# prints "name op op…" for each probe; dmb with its kind
instructions() { # folder of shm_atomic.h
	"${CROSS}gcc" -std=gnu11 -O2 -D_GNU_SOURCE -DHW__INTERNAL -I"$out/include" -I"$1" -Ilib -c -o "$out/probes.o" \
		tests/arch/probes.c || return 1
	"${CROSS}objdump" -d --no-show-raw-insn "$out/probes.o" | awk '
		/^[0-9a-f]+ <probe_/ { if (line) print line; gsub(/[<>:]|probe_/, "", $2); line = $2 }
		/^ +[0-9a-f]+:/ { line = line " " ($2 == "dmb" ? "dmb:" $3 : $2) }
		END { if (line) print line }'
}
any='dmb:(sy|ish)' load='dmb:(sy|ish|ld|ishld)' store='dmb:(sy|ish|st|ishst)'
declare -A must=(
	[load_relaxed]="^ ldr " [store_relaxed]="^ str "
	[load_acquire]="( ldr.* $load| ldar)" [load_pointer_acquire]="( ldr.* $load| ldar)"
	[store_release]="( $any.* str | stlr)"
	[fence_load]=" $load" [fence_store]=" $store" [fence_rmw_load]=" $any"
	[fetch_add_relaxed]=" ldxr.* stxr| ldadd"
)
for name in cas_full fetch_add_full or_full and_full bit_clear_full exchange_pointer_full; do
	must[$name]=" $any.* ldxr.* stxr.* $any"
done
misses() { # prints the probes that lack a barrier
	local name rest
	while read -r name rest; do
		[[ " $rest " =~ ${must[$name]:-no rule} ]] || echo "$name: $rest"
	done
}
found=$(instructions lib) || { echo "probes.c cannot be built"; exit 1; }
[ "$(wc -l <<<"$found")" -eq ${#must[@]} ] || { echo "not as many probes as rules"; failed=1; }
missing=$(misses <<<"$found")
[ -z "$missing" ] || { printf 'no barrier where one must be:\n%s\n' "$missing"; failed=1; }

# A mutant: one function in the production half of shm_atomic.h without its fences before or after
# the access.
mutants=0
for name in load_acquire load_pointer_acquire store_release fence_load fence_store fence_rmw_load cas_full \
	fetch_add_full or_full and_full bit_clear_full exchange_pointer_full; do
	for side in before after; do
		awk -v name="hw__$name(" -v side=$side '
			/production: Concurrency Kit/ { production = 1 }
			production && index($0, name) { inside = 1; accessed = 0 }
			inside && /^}/ { inside = 0 }
			inside && /ck_pr_(load|store|cas|faa|or|and|btr|fas)_/ { accessed = 1 }
			inside && /ck_pr_fence_/ && (accessed ? "after" : "before") == side { next }
			{ print }' lib/base/shm_atomic.h >"$out/mutant/base/shm_atomic.h"
		cmp -s lib/base/shm_atomic.h "$out/mutant/base/shm_atomic.h" && continue
		mutants=$((mutants + 1))
		[ -n "$(instructions "$out/mutant" | misses)" ] || {
			echo "not missed: the fences of $name $side its access"
			failed=1
		}
	done
done
[ $mutants -ge 18 ] || { echo "only $mutants mutants: shm_atomic.h does not look as expected"; failed=1; }
echo "RESULT ${#must[@]} accesses have their barriers; $mutants mutants"

# ---- function ------------------------------------------------------------------------------------
emulator=
for candidate in qemu-aarch64 qemu-aarch64-static; do
	command -v $candidate >/dev/null && emulator=$candidate && break
done
if [ -z "$emulator" ]; then
	[ $failed -eq 0 ] || exit 1
	skip "barriers are right; not run: no qemu-aarch64 (package qemu-user)"
fi
flags=(-std=gnu11 -O2 -g -D_GNU_SOURCE -DHW__INTERNAL -Ilib -Itests -DHEADWAY_VERSION_TEXT='"cross"' -Wall -Wextra -Wshadow
	-Wconversion -Werror)
sources=(tests/arch/function.c tests/kit/check.c lib/*/*.c)
"${CROSS}gcc" "${flags[@]}" -I"$out/include" -static -o "$out/function" "${sources[@]}" \
	-lpthread 2>"$out/log" ||
	{ tail -n 20 "$out/log"; echo "the cross-build failed"; exit 1; }
"${CC:-gcc}" "${flags[@]}" -o "$out/function-native" "${sources[@]}" -lpthread || exit 1
native=$("$out/function-native") || { echo "function fails natively"; exit 1; }
emulated=$("$emulator" "$out/function" 2>&1) || { echo "$emulated" | tail -n 20; echo "function fails on aarch64"; failed=1; }
[ "$native" = "$emulated" ] || { echo "not the same: $native / $emulated"; failed=1; }
exit $failed
