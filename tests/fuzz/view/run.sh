#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz the reading of what is in a fleet's bucket.  run.sh [--runs N] [--seconds S] [--build-only]
# Default: 20,000 executions, from the values below; what is found stays in the build folder.
# Needs BIN, the folder of libheadway.a.  Exit code: 0 nothing found, 1 found (the input is named), 77 no clang.
set -u
cd "$(dirname "$0")/../../.." || exit 1
runs=20000 seconds=0 build_only=''
while [ $# -gt 0 ]; do
	case $1 in
	--build-only) build_only=1 ;;
	--runs) runs=$2 && shift ;;
	--seconds) seconds=$2 runs=-1 && shift ;;
	*) echo "usage: tests/fuzz/view/run.sh [--runs N] [--seconds S] [--build-only]" >&2; exit 2 ;;
	esac
	shift
done
CLANG=${CLANG:-clang}
BIN=${BIN:-build/release}
out=${BUILD:-build}/fuzz/view
target=$out/fuzz_view
sanitize=address,undefined
[ -f "$BIN/libheadway.a" ] || { echo "skipped: no $BIN/libheadway.a"; exit 77; }
mkdir -p "$out/start"
command -v "$CLANG" >/dev/null || { echo 'skipped: no clang (package clang)'; exit 77; }
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n > 9 ? 0 : 0; }' |
	"$CLANG" -fsanitize=fuzzer,$sanitize -x c - -o "$out/probe" 2>"$out/probe.log" || {
	echo 'skipped: clang has no fuzzer or sanitizer runtime (package libclang-rt-14-dev or of its version)'
	exit 77
}
sources=(tests/fuzz/view/fuzz_view.c fleet/reader/view.c fleet/shared/json.c fleet/shared/wire.c
	httpd/snapshot/list_snapshot.c httpd/snapshot/fingerprint.c httpd/base/text.c httpd/base/utf8.c httpd/base/clock.c)
is_fresh() {
	local source
	[ -x "$target" ] || return 1
	for source in "${sources[@]}" fleet/*/*.h httpd/*/*.h "$BIN/libheadway.a"; do
		[ "$source" -nt "$target" ] && return 1
	done
	return 0
}
is_fresh || "$CLANG" -std=gnu11 -g -O1 -D_GNU_SOURCE -Ifleet -Ihttpd -Ilib -Wall -Wextra \
	-Wno-gnu-variable-sized-type-not-at-end -fno-omit-frame-pointer "-fsanitize=fuzzer,$sanitize" \
	-fno-sanitize-recover=undefined -o "$target" "${sources[@]}" "$BIN/libheadway.a" -lurcu-bp -lpthread ||
	{ echo 'run.sh: cannot be built'; exit 1; }
[ -z "$build_only" ] || exit 0

id=00000000-0000-8000-8000-000000000001
view='{"status":"Error","messages":[{"key":"a \"b\"","value":"\u2028\ud83d\ude00"}],"results":{"n":[[1e999,-0.5,{}]]},"url":"/x"}'
full="${view%\}},\"id\":\"$id\",\"name\":\"n \\u0041\",\"unit\":\"\",\"done\":1,\"total\":18446744073709551615,\"counters\":{\"a\":1,\"b\":2},\"parent\":null,\"owner\":{\"pid\":1,\"command\":\"c\",\"alive\":false},\"started_at\":\"2026-11-29T18:13:57.2415623Z\",\"updated_at\":\"2026-11-29T18:13:57Z\",\"finished_at\":null,\"elapsed_seconds\":0.496912,\"rate\":null,\"eta_seconds\":null,\"lost\":true,\"version\":3}"
printf '%s\n%s\n' "$full" "$view" >"$out/start/record"
printf '%s\n%s\n' "${full//Error/Running}" "${view//Error/Running}" >"$out/start/running"
printf '%s\n' '{"host":"web","arena":null,"boot_id":"x","time":"2026-11-29T18:13:57.241Z","period_seconds":0.500,"records":2,"run":"0123456789abcdef","pid":1,"pid_namespace":2,"stopped":true}' >"$out/start/heartbeat"
printf '$KV.headway.web.a-b.%s' "$id" >"$out/start/key"
printf '"%s"\n' '\x5cu' '":' 'null' 'true' '[[' '}}' "$id" '\x0a' '"host":' '"status":"Running"' '"elapsed_seconds":' '1e9' >"$out/words"
limit=(-runs="$runs")
[ "$seconds" -eq 0 ] || limit=(-max_total_time="$seconds")
mkdir -p "$out/found"
"$target" "${limit[@]}" -seed="${FUZZ_SEED:-1}" -max_len=4096 -timeout=10 -dict="$out/words" -artifact_prefix="$out/found/" \
	-print_final_stats=0 "$out/start" >"$out/log" 2>&1 || { tail -n 40 "$out/log"; exit 1; }
tail -n 1 "$out/log"
