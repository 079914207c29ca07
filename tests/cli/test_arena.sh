#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# init, info, rm, reap, fsck.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
nobody=01234567-89ab-8def-8123-456789abcdef
file=/dev/shm$HEADWAY_ARENA

# init
ok 'init' headway init --slots 16 --bytes 1M --members 4 --mode 640 --base-path /jobs/ \
	--ttl 90 --error-ttl 2h
like 'init says what it made' "made arena $HEADWAY_ARENA: 16 slots, * 4 members, 1.0 MiB" "$out"
is 'the file' '640 1048576' "$(stat -c '%a %s' "$file")"
is 'the geometry' '16 4 1048576 90 7200 /jobs/' "$(headway info --json |
	jq -r '"\(.slots) \(.members) \(.bytes) \(.ttl_seconds) \(.error_ttl_seconds) \(.base_path)"')"
ok 'init again' headway init --slots 32
like 'says that there is one' "there is already an arena $HEADWAY_ARENA: 16 slots*" "$out"
fails 'init --exclusive' 1 "headway init: arena $HEADWAY_ARENA exists already" headway init --exclusive
id=$(headway start)
is 'urls begin with the base path' "/jobs/$id" "$(field "$id" .url)"
for bad in '--slots 3' '--slots 4194305' '--slots x' '--slots -1' '--bytes 12Q' '--bytes 0' \
	'--bytes 99999999999999999999' '--members 0' '--members 257' '--mode 888' '--mode 1777' \
	'--ttl 0' '--ttl 5y' '--ttl 99999999999' '--base-path jobs' '--base-path /jobs'; do
	# shellcheck disable=SC2086 # words
	fails "init $bad" 2 "headway init: ${bad%% *}: *${bad##* }*" headway --arena "/headway-none-$$" init $bad
done
fails 'too few bytes' 1 'headway init: 4096 bytes are too few*' \
	headway --arena "/headway-none-$$" init --bytes 4096
fails 'no such group' 1 'headway init: *nosuchgroup*' \
	headway --arena "/headway-none-$$" init --group nosuchgroup
fails 'no such folder' 1 'headway init: arena /nowhere/x: there is no folder /nowhere' headway -a /nowhere/x init
is 'failures leave nothing behind' 1 "$(find /dev/shm -name "headway-*-$$" | wc -l)"
ok 'an arena in a folder' headway --arena "$folder/arena" init --slots 4 --bytes 1M
ok 'which is used' headway --arena "$folder/arena" start x
echo 'not an arena' >"$folder/text"
fails 'a file that is none' 1 "headway dump: arena $folder/text: *" headway -a "$folder/text" dump
fails 'is not removed either' 1 "headway rm: arena $folder/text: *" headway -a "$folder/text" rm --force
is 'it is still there' 'not an arena' "$(cat "$folder/text")"

# info
like 'info' "*slots      1 of 16 in use, 1 running*members    0 of 4 alive*" "$(headway info)"
try headway info
is 'info: no warning' '' "$err"
for _ in {1..14}; do headway start >/dev/null; done
try headway info
is 'nearly full: still ok' 0 "$code"
like 'nearly full: a warning' 'headway info: warning: nearly full: 15 of 16 slots are in use' "$err"
headway start >/dev/null
fails 'full of what runs' 1 "headway start: arena $HEADWAY_ARENA is full*" headway start
headway finish "$id"
ok 'what is over makes room' headway start
try headway dump "$id"
is 'and is gone' 1 "$code"

# rm
fails 'rm of nobody' 1 "headway rm: record $nobody is not in this arena" headway rm $nobody
fails 'rm of rubbish' 1 "headway rm: 'x' is not a record id*" headway rm x
id=$(headway dump | jq -r .id | head -n 1)
ok 'rm of an abandoned record' headway rm "$id"
is 'it is gone' '' "$(headway dump 2>/dev/null | jq -r .id | grep "$id")"
sleep 60 &
sleeper=$!
id=$(headway start --owner $sleeper)
fails 'rm of one whose owner lives' 1 "headway rm: record $id: its owner lives*" headway rm "$id"
kill -KILL $sleeper
wait $sleeper 2>/dev/null
ok 'rm when the owner is dead' headway rm "$id"

# rm of the arena
headway pipe <"$folder/text" >/dev/null
mkfifo "$folder/in"
"$BIN/headway" pipe <"$folder/in" >/dev/null &
pipe=$!
exec 9>"$folder/in"
eventually 'a writer at work' eval 'headway info --json | holds ".members_alive == 1"'
fails 'rm with a writer at work' 1 "headway rm: arena $HEADWAY_ARENA is used by 1 writing process: *" headway rm "$HEADWAY_ARENA"
ok 'rm --force' headway rm --force "$HEADWAY_ARENA"
exec 9>&-
wait $pipe
is 'the writer went on' 0 $?
fails 'rm of what is not there' 1 'headway rm: no arena *' headway rm "$HEADWAY_ARENA"
fails 'rm --force of what is not there' 1 'headway rm: no arena *' headway rm -a "$HEADWAY_ARENA" --force

# reap
fails 'reap without an arena' 1 'headway reap: no arena *' headway reap
headway init --slots 16 --bytes 1M --members 16 --ttl 1s --error-ttl 1h >/dev/null
running=$(headway start) old=$(headway start) bad=$(headway start)
headway finish "$old"
headway error "$bad" x
sleep 1.3
is 'reap --dry-run counts' '1 1' \
	"$(headway reap --dry-run --json | jq -r '"\(.live) \(.expired)"')"
is 'and changes nothing' 3 "$(headway info --json | jq .slots_used)"
fails 'its time is over, whether or not it was reaped' 1 '*gone*' headway dump "$old"
ok 'reap' headway reap
like 'reap says what it did' "$HEADWAY_ARENA: 0 dead processes swept, 0 records lost, 1 expired, * 1 running" "$out"
fails 'the expired one is gone' 1 'headway dump: record *' headway dump "$old"
is 'the others stay' 'Running Error' "$(field "$running" .status) $(field "$bad" .status)"
sleep 1.1
is 'a shorter time for those in Error' 1 "$(headway reap --error-ttl 1s --json | jq .expired)"

"$BIN/headway" --arena "/headway-late-$$" reap --every 0.1s >"$folder/log" 2>"$folder/talk" &
reaper=$!
eventually 'reap --every waits for an arena' grep -q 'no arena' "$folder/talk"
headway --arena "/headway-late-$$" init --slots 16 --ttl 1s >/dev/null
id=$(headway --arena "/headway-late-$$" start)
headway --arena "/headway-late-$$" finish "$id"
eventually 'reap --every reaps' grep -q '1 expired' "$folder/log"
is 'and prints only that' 1 "$(wc -l <"$folder/log")"
is 'and complained once' 1 "$(wc -l <"$folder/talk")"
kill -TERM $reaper
wait $reaper
is 'reap --every ends well by SIGTERM' 0 $?
headway --arena "/headway-late-$$" rm

# fsck
ok 'fsck' headway fsck
like 'fsck reports' '*slots in use   1*leaked         0*damaged        0*' "$out"
is 'fsck --json' '1 0 0 0' "$(headway fsck --json | jq -r '"\(.slots) \(.in_transit) \(.leaked) \(.damaged)"')"
size=$(stat -c %s "$file")
dd if=/dev/urandom of="$file" bs=64 seek=$((size / 128)) count=256 conv=notrunc 2>/dev/null
try headway fsck
like 'fsck of a damaged arena does not crash' '[01]' "$code"
for command in dump info fsck reap; do
	headway $command >/dev/null 2>&1
	like "$command of a damaged arena does not crash" '[01]' $?
done
dd if=/dev/zero of="$file" bs=4096 count=1 conv=notrunc 2>/dev/null
fails 'dump of an arena without a header' 1 "headway dump: arena $HEADWAY_ARENA: *" headway dump
rm -f "$file"
finish
