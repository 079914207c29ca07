#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz headway-httpd's reading of requests. run.sh [--runs N] [--seconds S] [--corpus FOLDER]
# [--build-only] Default: 4,000 executions, from the requests below; what is found stays in the
# build folder. Needs BIN, the folder of libheadway.a. Exit code: 0 nothing found, 1 found (the
# input is named), 77 no clang.
set -u
cd "$(dirname "$0")/../../.." || exit 1
runs=4000 seconds=0 corpus='' build_only=''
usage() { echo "usage: tests/fuzz/url/run.sh [--runs N] [--seconds S] [--corpus FOLDER] [--build-only]" >&2; exit 2; }
while [ $# -gt 0 ]; do
	[ "$1" = --build-only ] && { build_only=1; shift; continue; }
	[ $# -ge 2 ] || usage
	case $1 in
	--runs) runs=$2 ;;
	--seconds) seconds=$2 runs=-1 ;;
	--corpus) corpus=$2 ;;
	*) echo "run.sh: unknown option $1" >&2; usage ;;
	esac
	shift 2
done
CLANG=${CLANG:-clang}
BIN=${BIN:-build/release}
out=${BUILD:-build}/fuzz/url
target=$out/fuzz_url
here=tests/fuzz/url
sanitize=address,undefined
[ -f "$BIN/libheadway.a" ] || { echo "skipped: no $BIN/libheadway.a"; exit 77; }
mkdir -p "$out/start"
command -v "$CLANG" >/dev/null || { echo "skipped: no clang (package clang)"; exit 77; }
probe='int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n > 9 ? 0 : 0; }'
printf '%s\n' "$probe" | "$CLANG" -fsanitize=fuzzer,$sanitize -x c - -o "$out/probe" 2>"$out/probe.log" || {
	echo "skipped: clang has no fuzzer or sanitizer runtime (package libclang-rt-14-dev or of its version)"
	exit 77
}

# All of headway-httpd except what waits, listens or sandboxes: the target replaces those parts.
sources=()
for source in httpd/*.c httpd/*/*.c; do
	case ${source##*/} in
	main.c | collector.c | waiters.c | server.c | sandbox.c | canceller.c | notify.c | listen.c) ;;
	*) sources+=("$source") ;;
	esac
done
is_fresh() {
	local source
	[ -x "$target" ] || return 1
	for source in httpd/*.[ch] httpd/*/*.[ch] httpd/page/* $here/* "$BIN/libheadway.a"; do
		[ "$source" -nt "$target" ] && return 1
	done
	return 0
}
build() {
	# shellcheck disable=SC2054
	local flags=(-std=gnu11 -g -O1 -D_GNU_SOURCE -Ihttpd -Ilib -DHEADWAY_VERSION_TEXT='"fuzz"' -Wall -Wextra
		-Wno-gnu-variable-sized-type-not-at-end -fno-omit-frame-pointer "-fsanitize=fuzzer-no-link,$sanitize" -fno-sanitize-recover=undefined)
	local source objects=()
	for source in "${sources[@]}" $here/fuzz_url.c; do
		"$CLANG" "${flags[@]}" -c -o "$out/$(basename "$source" .c).o" "$source" || return 1
		objects+=("$out/$(basename "$source" .c).o")
	done
	"$CLANG" -fsanitize=fuzzer,$sanitize -o "$target" "${objects[@]}" "$BIN/libheadway.a" -lz -lurcu-bp -lpthread -lm
}
is_fresh || build || { echo "run.sh: cannot be built"; exit 1; }
[ -z "$build_only" ] || exit 0

seed() { printf "$2" >"$out/start/$1"; }
id=00000000-0000-8000-8000-000000000000
seed record "GET /_/status/$id?view=full&wait=25s&since=1\nIf-None-Match: \"a\", W/\"b\", *\nPrefer: respond-async, wait=3"
seed list 'GET /_/status/?status=Running,error&name=[!a-c]*\\\\?&sort=-name&limit=2&page_token=1.2.3.4.5.'"$id"'.6a\nAccept: application/x-ndjson;q=0\nAccept-Encoding: gzip\nCache-Control: no-cache'
seed events "GET /_/events?id=$id,$id&name=j*b\nLast-Event-ID: 0000000000001234.3\nOrigin: http://a.example"
seed metrics 'GET /metrics\nAccept: application/openmetrics-text; version=1.0.0\nHost: x.example:80'
seed options 'OPTIONS *\nHost: [::1]:8080'
seed proxy 'HEAD http://localhost/_/status\nHost: b\nAuthorization: Bearer x'
seed page 'GET /app.js\nAccept-Encoding: gzip'
seed cancel "POST /_/cancel/$id?reason=too+late\nHost: localhost\nOrigin: http://localhost\nContent-Length: 0"
seed body 'POST /healthz?%%00&a=%%zz+b&wait=1m\nContent-Length: 5'
cat >"$out/words" <<-'W'
	"/_/status/"
	"/_/events"
	"/_/cancel/"
	"reason="
	"Origin: "
	"page_token="
	"status="
	"name="
	"sort="
	"limit="
	"view="
	"wait="
	"since="
	"last_event_id="
	"%00"
	"%0d%0a"
	"%ff"
	"If-None-Match: "
	"Prefer: wait="
	"Accept: "
	"Host: "
	"Last-Event-ID: "
	"00000000-0000-8000-8000-000000000000"
W
own=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-fuzz-url-$$
trap 'rm -rf "$own" "/dev/shm$HEADWAY_ARENA"' EXIT
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8:allocator_release_to_os_interval_ms=-1
"$target" -runs="$runs" -max_total_time="$seconds" -timeout=30 -max_len=600 -dict="$out/words" -print_funcs=0 -rss_limit_mb=0 \
	-artifact_prefix="$out/" "${corpus:-$own}" "$out/start" >"$out/log" 2>&1
code=$?
if [ $code -ne 0 ]; then
	grep -av '^#\|^INFO' "$out/log" | head -n 60
	exit 1
fi
echo "RESULT $(grep -aoE '^#[0-9]+' "$out/log" | tail -n 1 | tr -d '#') executions, $(grep -ao 'cov: [0-9]*' "$out/log" | tail -n 1 | cut -c6-) edges of $(grep -ao 'PC tables ([0-9]*' "$out/log" | tr -dc '0-9')"
