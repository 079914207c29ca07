#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway dump: formats, filters, order, and missing records.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
nobody=01234567-89ab-8def-8123-456789abcdef
# named DESCRIPTION NAMES DUMP-OPTION...: passes if these are printed, in this order
named() {
	local name names=''
	try headway dump "${@:3}" --format ndjson
	while IFS= read -r record; do
		name=${record#*'"name":"'}
		names+=${record:+${names:+ }${name%%'"'*}}
	done <<<"$out"
	is "$1" "$2" "$names"
}

headway init --slots 64 --bytes 2M >/dev/null
is 'nothing yet: table' 'ID STATUS PROGRESS % ELAPSED NAME MESSAGE' \
	"$(headway dump -f table | tr -s ' ' | sed 's/ $//')"
is 'nothing yet: json' '[]' "$(headway dump -f json)"
is 'nothing yet: ndjson' '' "$(headway dump)"

a=$(headway start backup-a --total 100 --unit bytes -m Step=one)
sleep 0.02
b=$(headway start backup-b --total 10 --unit files)
sleep 0.02
c=$(headway start other)
headway set "$a" 25
headway set "$b" 9
headway set "$c" 1000
headway finish "$b" --results '{"n":1}'
headway error "$c" 'no space'

# formats
headway dump | jq -c '[.id,.name,.done]' >"$folder/default"
headway dump -f ndjson | jq -c '[.id,.name,.done]' >"$folder/ndjson"
headway dump -f json | jq -c 'length, (.[] | [.id,.name,.done])' >"$folder/json"
count_lines <"$folder/default"
is 'not on a terminal: a full view a line' 3 "$lines"
read -r length <"$folder/json"
is 'json is one array' 3 "$length"
is 'json and ndjson say the same' "3"$'\n'"$(<"$folder/ndjson")" "$(<"$folder/json")"
is 'the status view is byte for byte' \
	'{"status":"Running","messages":[{"key":"Step","value":"one"}],"url":"/_/status/'"$a"'"}' \
	"$(headway dump -f status "$a")"
is 'the status view with results' \
	'{"status":"Finished","messages":[],"results":{"n":1},"url":"/_/status/'"$b"'"}' \
	"$(headway dump -f status "$b")"
table=$(headway dump -f table)
like 'the table shows bytes' "*$a  Running *25 B/100 B  25%*backup-a*Step: one*" "$table"
like 'the table shows counts' "*$b  Finished *9/10 files  90%*backup-b*" "$table"
like 'the table shows the error' "*$c  Error *1000*-*other*no space*" "$table"
is 'fields' $'NAME      DONE\nbackup-a    25' "$(headway dump --fields name,done "$a")"
fails 'an unknown field' 2 "headway dump: --fields: there is no field 'x'*" headway dump -F id,x
fails 'fields of json' 2 'headway dump: --fields: only --format table*' headway dump -F id -f json
fails 'an unknown format' 2 "headway dump: --format: 'xml' is not one of: table json*" \
	headway dump -f xml

# filters
named 'status' 'backup-b other' --status finished,error
named 'one status' backup-a -s running
named 'a status as it is written elsewhere' backup-a -s Running
named 'none are lost' '' -s lost
fails 'an unknown status' 2 "headway dump: --status: 'x' is not one of: running*" \
	headway dump -s running,x
named 'name' 'backup-a backup-b' --name 'backup-*'
named 'name and status' backup-b -n 'backup-*' -s finished
named 'no such name' '' -n 'backup'

# order
named 'oldest first' 'backup-a backup-b other'
named 'newest first' 'other backup-b backup-a' --sort -started
named 'backwards twice' 'backup-a backup-b other' --sort -started --reverse
named 'by name backwards' 'other backup-b backup-a' -S name -r
named 'by done' 'backup-b backup-a other' --sort=done
named 'by progress, unknown first' 'other backup-a backup-b' -S progress
named 'by status' 'backup-a backup-b other' -S status
named 'by update' 'backup-a backup-b other' -S updated
fails 'an unknown order' 2 "headway dump: --sort: 'x' is not one of: started*" headway dump -S x
named 'named ones keep their order' 'other backup-a' "$c" "$a"
named 'unless told otherwise' 'backup-a other' -S name "$c" "$a"

# records that are not there
try headway dump -f ndjson "$a" $nobody "$b"
is 'one of three is missing: exit status' 1 "$code"
is 'the others are printed' 'backup-a backup-b' "$(jq -rs 'map(.name) | join(" ")' "$folder/out")"
is 'the missing one is told' "headway dump: record $nobody is not in this arena" "$err"
headway rm "$b"
fails 'one that was removed' 1 "headway dump: record $b is *" headway dump "$b"
try headway dump rubbish
is 'a name that no record has: exit status' '1 ' "$code $out"
like 'and told, without usage' "headway dump: 'rubbish' is not a record id*the name of a record" "$err"
fails 'no arena' 1 'headway dump: no arena /headway-none-*' headway dump --arena "/headway-none-$$"

# the schema: a checker for the subset of JSON Schema that it uses, applied to the output of dump
headway dump --schema >"$folder/schema"
cat >"$folder/check.jq" <<'END'
def kind: type | if . == "number" then ["number", "integer"] else [.] end;
def check($s): . as $v
	| (if $s.type then (([$s.type] | flatten) - (([$s.type] | flatten) - ($v | kind))) != [] else true end)
	and (if $s.enum then ($s.enum | index($v)) != null else true end)
	and (if $s.pattern and ($v | type) == "string" then ($v | test($s.pattern)) else true end)
	and (if $s.minimum and ($v | type) == "number" then $v >= $s.minimum else true end)
	and (if $s.oneOf then ([$s.oneOf[] as $o | select($v | check($o))] | length) == 1 else true end)
	and (if ($v | type) == "object" then
		(($s.required // []) - ($v | keys)) == []
		and ([$v | to_entries[] | .key as $k | select(.value
			| check(($s.properties // {})[$k] // $s.additionalProperties // {}) | not)] == [])
	     elif ($v | type) == "array" then ([$v[] | select(check($s.items // {}) | not)] == [])
	     else true end);
check($schema[0])
END
fits() { jq --slurpfile schema "$folder/schema" -f "$folder/check.jq" >"$folder/fits"; }
headway run --name ran true
headway start --counter x --parent "$a" child >/dev/null
headway dump >"$folder/all"
count_lines <"$folder/all"
like 'there are views' '[1-9]*' "$lines"
fits <"$folder/all"
is 'every full view fits the schema' "$(yes true | head -n "$lines")" "$(<"$folder/fits")"
is 'and has no field that it does not know' '[]' "$(jq -sc --slurpfile schema "$folder/schema" \
	'(map(keys) | add) - ($schema[0].properties | keys)' "$folder/all")"
breaks=('del(.id)' '.status = "Done"' '.messages[0].key = 1' '.version = -1' '.parent = "x"'
	'.counters.x = "y"' '.owner = {}' '.lost = null')
printf -v filter ', (%s)' "${breaks[@]}"
headway dump "$a" | jq "${filter#, }" | fits
mapfile -t verdicts <"$folder/fits"
for i in "${!breaks[@]}"; do is "the schema refuses ${breaks[i]}" false "${verdicts[i]-}"; done
is 'as many as there are' ${#breaks[@]} ${#verdicts[@]}

# --follow
id=$(headway start followed)
"$BIN/headway" dump --follow -i 50ms -f status "$id" >"$folder/follow" &
pid=$!
eventually 'follow: what there is' contains Running "$folder/follow"
headway message "$id" Step 2
eventually 'follow: a change' contains '"Step","value":"2"' "$folder/follow"
headway start unrelated >/dev/null
headway finish "$id"
wait $pid
is 'follow: ends with the record' 0 $?
is 'follow: a line for each version' 'Running Running Finished' \
	"$(jq -rs 'map(.status) | join(" ")' "$folder/follow")"
ok 'follow: what is over' headway dump -w "$id" "$c"
count_lines <"$folder/out"
is 'follow: is printed once' 2 "$lines"
"$BIN/headway" dump -w -i 50ms -n 'new-*' --fields name,status >"$folder/follow" &
pid=$!
eventually 'follow all: titles' contains NAME "$folder/follow"
id=$(headway start new-one)
eventually 'follow all: a new one' contains new-one "$folder/follow"
headway rm "$id"
kill -TERM $pid
wait $pid 2>/dev/null
count_lines <"$folder/follow"
is 'follow all: only what was asked for' 2 "$lines"
fails 'follow: nobody' 1 "headway dump: record $nobody is not in this arena" headway dump -w "$nobody"
id=$(headway start short)
(sleep 0.3; headway finish "$id") &
try headway dump -w -i 50ms "$nobody" "$id"
count_lines <"$folder/out"
is 'follow: one of two is missing: the other is followed' '1 2' "$code $lines"
wait
"$BIN/headway" dump --follow -i 50ms -f json -n 'array-*' >"$folder/follow" &
pid=$!
eventually 'follow an array: begins' contains '[' "$folder/follow"
headway start array-one >/dev/null
eventually 'follow an array: one' contains array-one "$folder/follow"
headway start array-two >/dev/null
eventually 'follow an array: two' contains array-two "$folder/follow"
kill "$pid"
wait "$pid"
is 'follow an array: a signal ends it, and it' 'array-one array-two' "$(jq -r 'map(.name) | join(" ")' "$folder/follow")"
for signal in INT HUP; do
	: >"$folder/follow"
	env --ignore-signal=$signal "$BIN/headway" dump --follow -i 50ms -f json >"$folder/follow" &
	pid=$!
	eventually "follow: begins ($signal)" contains array-two "$folder/follow"
	kill -$signal $pid
	headway start "after-$signal" >/dev/null
	eventually "follow: SIG$signal is ignored where the caller ignores it" contains "after-$signal" "$folder/follow"
	kill $pid
	wait $pid
	is 'follow: and the next signal ends it' "143 array" "$? $(jq -r type "$folder/follow")"
done
: >"$folder/follow"
env --default-signal=HUP "$BIN/headway" dump --follow -i 1h -f json >"$folder/follow" &
pid=$!
eventually 'follow: a long pause' contains array-two "$folder/follow"
kill -HUP $pid
wait $pid 2>/dev/null
is 'follow: is ended by any of the signals' "129 array" "$? $(jq -r type "$folder/follow")"
fails 'follow: sorted' 2 'headway dump: --follow: changes come*' headway dump -w -S name
mkfifo "$folder/fifo"
# a reader that does not read: the pipe is full, and a signal still ends the command
headway message "$(headway start long)" text "$(printf '%070000d' 0)"
exec {still}<>"$folder/fifo"
"$BIN/headway" dump -w >"$folder/fifo" &
pid=$!
pause 0.5
kill $pid
wait $pid
is 'follow: stuck in a write, and ended by a signal' 143 $?
exec {still}>&-
yes | "$BIN/headway" pipe -n busy >/dev/null &
busy=$!
for format in table ndjson json; do
	# the closed pipe is noticed during a write, or during a pause
	for interval in 10ms 200ms; do
		"$BIN/headway" dump -w -i $interval -f $format >"$folder/fifo" &
		pid=$!
		{ read -r _ && read -r _; } <"$folder/fifo"
		ok "follow: a reader that goes away ends it ($format, $interval)" wait $pid
	done
done
kill $busy
wait $busy

# text that would break tables and JSON
evil=$'\e[31mred\e[0m\n\tnew line \xff\xfe \xe2\x80\xae back "quoted" \\ \xc3\xa4 \xe4\xb8\xad'
id=$(headway start "$evil" -m "$evil=$evil")
is 'hostile text is JSON' 1 "$(headway dump "$id" | jq -s 'map(.name) | length')"
try headway dump -f table "$id"
count_lines <"$folder/out"
is 'the table keeps its lines' 2 "$lines"
is 'the table has no control characters' '' "$(tr -d '\n' <"$folder/out" | tr -dc '\000-\037\177')"
like 'what is harmless stays' '*ä 中*' "$out"
like 'what is not is spelled' '*\\x1b\[31mred\\x1b\[0m\\n\\tnew line \\xff\\xfe \\u202e back*' \
	"$(headway dump -f table -F name "$id")"
wide=$(headway start '中文名')
for _ in 1 2 3; do headway start 'ascii' >/dev/null; done
is 'wide characters take two columns' '中文名  x' \
	"$(headway message "$wide" K x; headway dump -f table -F name,message "$wide" | tail -n 1 | sed 's/K: //')"

# the message of a run that went well
headway run --name fine true >/dev/null
is 'the command rather than its memory' 'Command: true' "$(headway dump --format table --fields message --name fine | tail -n 1)"
headway run --name told "$BIN/headway" message told Step 'all 3' >/dev/null
is 'rather what the command tells' 'Step: all 3' "$(headway dump --format table --fields message --name told | tail -n 1)"
headway run --name failed false 2>/dev/null
like 'the error of one that failed' '*exit status 1*' "$(headway dump --format table --fields message --name failed | tail -n 1)"

# a killed owner: its record is in Error and lost as soon as it is dead, without a reap
sleep 600 &
sleeper=$!
id=$(headway start owned --owner $sleeper --total 10)
"$BIN/headway" dump --follow -i 50ms -f status "$id" >"$folder/follow" &
follower=$!
eventually 'follow: it runs' contains '"status":"Running"' "$folder/follow"
kill -KILL $sleeper
wait $sleeper 2>/dev/null
ok 'follow: its end is seen' wait $follower
like 'follow: lost' "*\"Error\",\"value\":\"owner died (pid $sleeper, sleep)\"*" "$(tail -n 1 "$folder/follow")"
view_has 'dump: Error, and lost' "$id" '"status":"Error"' '"lost":true' "owner died (pid $sleeper, sleep)"
is 'dump: found as lost' "$id" "$(headway dump -s lost | jq -r .id | grep "$id")"
like 'top, too' "* $id lost *" "$(headway top --count 1 "$id")"

# follow waits for an arena
"$BIN/headway" dump --follow -i 50ms -f json -a "/headway-later-$$" >"$folder/follow" 2>"$folder/told" &
pid=$!
eventually 'follow: it waits' contains 'waiting for it' "$folder/told"
headway -a "/headway-later-$$" start early >/dev/null
eventually 'follow: it is found' contains early "$folder/follow"
kill -TERM $pid
wait $pid 2>/dev/null
is 'follow: one array' early "$(jq -r '.[].name' "$folder/follow")"
headway rm --force "/headway-later-$$"
rm -f "$folder/told"
env --default-signal=INT "$BIN/headway" dump --follow -f json -a "/headway-later-$$" >"$folder/follow" 2>"$folder/told" &
pid=$!
eventually 'follow: it waits again' grep -q 'waiting for it' "$folder/told"
kill -INT $pid
wait $pid
is 'follow: ended while it waits' 130 $?
is 'follow: an array all the same' '[]' "$(jq -c . "$folder/follow")"
fails 'follow: what is no arena is not waited for' 1 'headway dump: arena /dev/null: *' headway dump --follow -a /dev/null
finish
