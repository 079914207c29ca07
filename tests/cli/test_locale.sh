#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Output in German and Turkish is the same as elsewhere: a decimal point, and units in either case,
# although in Turkish the small letter of I is a different one.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
need localedef curl gcc
root=$here/../..
mkdir "$folder/locales"
for name in de_DE tr_TR; do
	[ -r "/usr/share/i18n/locales/$name" ] || { echo "skipped: no sources of locales (package locales)"; exit 77; }
	localedef -f UTF-8 -i "$name" "$folder/locales/$name.UTF-8" 2>/dev/null
done
export LOCPATH=$folder/locales
cat >"$folder/program.c" <<'END'
#include <headway.h>
#include <locale.h>
#include <stdio.h>
int main(void)
{
	struct headway_arena *arena;
	struct headway_spec spec = {.size = sizeof spec, .flags = HEADWAY_DETACHED, .name = "C program", .total = 3};
	struct headway_record *record;
	struct headway_snapshot *snapshot = NULL;
	struct headway_id id;
	char text[4096];

	if (!setlocale(LC_ALL, "") || headway_open(NULL, NULL, &arena) || headway_start(arena, &spec, &record))
		return 1;
	headway_set(record, 1);
	if (headway_get_id(record, &id) || headway_read(arena, &id, &snapshot))
		return 1;
	snapshot->read_ns = snapshot->started_ns + 1500000000;
	if (headway_json_full(snapshot, text, sizeof text) < 0)
		return 1;
	printf("%.1f %s", 0.5, text);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	return 0;
}
END
ok 'a program in C compiles' gcc -I "$root/lib" -o "$folder/program" "$folder/program.c" "$BIN/libheadway.a" -lpthread

# seen LOCALE: all output; times, ids and rates are replaced by 0, since they vary
seen() {
	export HEADWAY_ARENA="$arena-$1" LC_ALL=$1
	local id code
	"$BIN/headway" init --slots 64 --bytes 2MIB
	id=$("$BIN/headway" start --unit BYTES --total 1536 INDEX)
	"$BIN/headway" set "$id" 512
	for size in 1KIB 1kib 1KiB 1kB 1KI; do
		echo | "$BIN/headway" pipe --total $size --name "$size" >/dev/null || echo "pipe --total $size: $?"
	done
	"$BIN/headway" run --name RUN -- sh -c 'exit 0'
	"$BIN/headway" start --ttl 1H30M ttl >/dev/null; echo "ttl: $?"
	"$BIN/headway" dump --format table
	"$BIN/headway" dump --status RUNNING --format status 2>&1
	"$BIN/headway" dump --format ndjson
	"$BIN/headway" info
	"$BIN/headway-httpd" --listen "unix:$folder/$1.sock" 2>"$folder/$1.log" &
	local server=$!
	LC_ALL=C.UTF-8 eventually 'the server is up' curl -sf --unix-socket "$folder/$1.sock" http://LOCALHOST/healthz
	curl -s --unix-socket "$folder/$1.sock" http://LOCALHOST/metrics
	curl -s --unix-socket "$folder/$1.sock" "http://LOCALHOST/_/status/?view=full"
	kill $server
	wait $server
	rm -f "/dev/shm$HEADWAY_ARENA"
}
plain() { sed -E -e "s|$1|LOCALE|g" -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g' -e 's/[0-9]+/0/g' -e 's/"(rate|eta_seconds)":(null|0\.0)/"\1":0/g' -e 's/ +/ /g'; }
arena=$HEADWAY_ARENA
for locale in C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
	(seen "$locale") >"$folder/seen-$locale" 2>&1
	plain "$locale" <"$folder/seen-$locale" >"$folder/plain-$locale"
done
export HEADWAY_ARENA=$arena LC_ALL=C.UTF-8
for locale in de_DE.UTF-8 tr_TR.UTF-8; do
	like "$locale: a program prints a comma, the library a point" '0,5 {*"elapsed_seconds":1.500000,*' "$(LC_ALL=$locale "$folder/program")"
	# jq 1.6 succeeds with empty input
	like "$locale: JSON" 'C program*' "$(LC_ALL=$locale "$BIN/headway" dump --format ndjson | jq -r .name)"
done
headway rm "$HEADWAY_ARENA" --force
like 'there are metrics with decimals' '*headway_httpd_scrape_seconds 0.0*' "$(<"$folder/seen-C.UTF-8")"
like 'and sizes in KiB' '*KiB*' "$(<"$folder/seen-C.UTF-8")"
for locale in de_DE.UTF-8 tr_TR.UTF-8; do
	is "$locale: no other output" '' "$(diff "$folder/plain-C.UTF-8" "$folder/plain-$locale")"
done
finish
