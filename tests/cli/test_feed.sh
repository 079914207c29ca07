#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway feed: a record updated by lines from standard input; and headway url.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
headway init --slots 64 --bytes 2M >/dev/null
id=$(headway start job --counter skipped --counter 'two words')
feed() { headway feed "${2:-$id}" <<<"$1" >"$folder/out" 2>"$folder/err"; code=$? err=$(<"$folder/err"); }

feed 'total 2k
add 5
add 1
add skipped 3
add two words 2
add skipped 1

  set two words 1
message Step copying 3 of 7
message File=/srv/a = b
results {"n": 1}
url https://example.org/4711'
is 'all lines are right' '0 ' "$code $err"
view_has 'each was made' "$id" '"total":2048' '"done":6' '"skipped":4' '"two words":1' '{"key":"Step","value":"copying 3 of 7"}' \
	'{"key":"File","value":"/srv/a = b"}' '"results":{"n":1}' '"url":"https://example.org/4711"' '"status":"Running"'
feed 'set 100'
view_has 'set' "$id" '"done":100'
feed 'add 1' job
view_has 'by name' "$id" '"done":101'

feed 'add 1
ad 1
add x
add missing 1
set -1
message
results {"a":
total
add 2'
is 'wrong lines: exit status' 1 "$code"
said=$err
view_has 'the right ones were made' "$id" '"done":104' '"results":{"n":1}'
for told in "line 2: 'ad' is no update; did you mean 'add'?" "line 3: not a number like 4096, 64M or 1GiB: 'x'" \
	"line 4: the record has no counter 'missing'" "line 5: not a number*: '-1'" "line 6: the key is empty*" \
	"line 7: the results are not one JSON value: *line 1, column *" "line 8: the number is missing after: 'total'"; do
	like "told: $told" "*headway feed: $told*" "$said"
done
is 'and no more' 7 "$(wc -l <<<"$said")"

# ---- blanks, carriage returns and what is missing
id=$(headway start blanks --counter skipped)
feed $'add 1 \nadd\t2\t\nadd skipped  3 \t\ntotal 10 \r\nmessage Step\tone two \r\nmessage Empty=\nmessage Blank \nadd 1\r\n\r\n \r\nresults {"n": 1} \r'
is 'blanks and CRLF: all lines are right' '0 ' "$code $err"
view_has 'blanks after numbers and carriage returns do not count' "$id" '"done":4' '"total":10' '"skipped":3' \
	'{"key":"Step","value":"one two "}' '{"key":"Empty","value":""}' '{"key":"Blank","value":""}' '"results":{"n":1}'
fails 'a key alone' 1 "headway feed: line 1: the value is missing; KEY= sets an empty one: 'onlykey'" headway feed "$id" <<<'message onlykey'
is 'sets nothing' false "$(field "$id" 'any(.messages[]; .key == "onlykey")')"
for line in add 'add ' set total $'total \r'; do
	fails "'$line' alone" 1 "headway feed: line 1: the number is missing after: '${line%% *}'" headway feed "$id" <<<"$line"
done
printf 'add 1\0\r\n' >"$folder/nul"
fails 'a NUL before the end' 1 "headway feed: line 1: the line has a NUL byte after: 'add 1'" headway feed "$id" <"$folder/nul"
view_has 'changed nothing' "$id" '"done":4'
headway finish "$id"
id=$(headway dump --name job | jq -r .id)

# Each line takes effect when it arrives.
mkfifo "$folder/lines"
"$BIN/headway" feed "$id" <"$folder/lines" &
pid=$!
exec 8>"$folder/lines"
echo 'message Step waiting' >&8
eventually 'at once' in_view "$id" '"value":"waiting"'
printf 'add 1' >&8
exec 8>&-
wait $pid
is 'the end of the input' 0 $?
view_has 'the last line needs no newline' "$id" '"done":105' '"status":"Running"'

feed 'finish {"documents": 3}
add 1
message too late'
is 'what comes after the end is wrong' 1 "$code"
like 'told once' "headway feed: line 2: record $id is over (Finished): nothing was changed" "$err"
view_has 'Finished with results' "$id" '"status":"Finished"' '"results":{"documents":3}' '"done":105'
other=$(headway start other)
feed 'error disk full after 300 files' "$other"
view_has 'Error' "$other" '"status":"Error"' '"value":"disk full after 300 files"'
fails 'a record that is over' 1 "headway feed: line 1: record $other is over (Error): nothing was changed" \
	headway feed "$other" <<<'add 1'
printf 'add 1\0 2\n' >"$folder/nul"
again=$(headway start again)
fails 'a NUL' 1 "headway feed: line 1: the line has a NUL byte after: 'add 1'" headway feed "$again" <"$folder/nul"

# Many updates by one process.
headway rm --force "$HEADWAY_ARENA"
headway init --slots 64 --bytes 2M >/dev/null
id=$(headway start many)
yes 'add 1' | head -n 200000 | headway feed "$id"
view_has 'each is counted' "$id" '"done":200000'

# ---- url
ok 'url' headway url "$id" https://example.org/x
view_has 'is set' "$id" '"url":"https://example.org/x"'
fails 'an empty one' 2 'headway url: the URL is missing*' headway url "$id" ''
fails 'none' 2 'headway url: the URL is missing*' headway url "$id"
fails 'both' 2 "headway url: 'x': --default takes no URL*" headway url --default "$id" x
ok 'back' headway url --default "$id"
view_has 'is what it was' "$id" "\"url\":\"/_/status/$id\""
finish
