#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The writer's commands: normal use in a shell script, and wrong use.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
nobody=01234567-89ab-8def-8123-456789abcdef

# start
ok 'start makes the arena' headway start
is 'with the defaults' '4096 256 33554432' "$(headway info --json | jq -r '"\(.slots) \(.members) \(.bytes)"')"
headway rm "$HEADWAY_ARENA" --force
headway init --slots 64 --bytes 2M >/dev/null # a small arena is quick to make
ok 'start' headway start 'a job' --unit files --total 10 \
	--message Step=1/2 -m 'Equation=a=b' --counter seen --counter skipped
id=$out
like 'start prints an id and nothing else' '????????-????-8???-[89ab]???-????????????' "$id"
view_has 'name' "$id" '"name":"a job"'
record_has 'unit' '"unit":"files"'
record_has 'total' '"total":10,'
record_has 'status' '"status":"Running"'
record_has 'first messages' '"messages":[{"key":"Step","value":"1/2"},{"key":"Equation","value":"a=b"}],'
record_has 'counters start at 0' '"counters":{"seen":0,"skipped":0},'
record_has 'no parent' '"parent":null,'
child=$(HEADWAY_PARENT=$id headway start --name child)
view_has 'HEADWAY_PARENT is the parent' "$child" "\"parent\":\"$id\""
child=$(HEADWAY_PARENT=rubbish headway start child)
view_has 'a HEADWAY_PARENT that is no id is ignored' "$child" '"parent":null,'
child=$(HEADWAY_PARENT=$nobody headway start child --parent "$id")
view_has '--parent goes before HEADWAY_PARENT' "$child" "\"parent\":\"$id\""
is 'a detached record has no owner' null "$(field "$child" '.owner | if . == null then null else .pid end')"
fails 'two names' 2 "headway start: 'b'*--name*" headway start --name a b
fails 'a name too many' 2 "headway start: 'b' is one operand too many*" headway start a b
fails 'a parent that is no id' 1 "headway start: --parent: 'x' is not a record id*" headway start -p x
fails 'seven counters' 2 'headway start: --counter: 7 of them are too many*' \
	headway start -c a -c b -c c -c d -c e -c f -c g
fails 'an empty counter name' 2 'headway start: --counter: the name is empty*' headway start -c ''
fails 'a message that is none' 2 "headway start: 'Step' is not KEY=VALUE*" headway start -m Step
fails 'a message without key' 2 "headway start: '=x': the key is empty*" headway start -m =x
fails 'an owner that is nobody' 1 'headway start: --owner: no process 4194303' \
	headway start --owner 4194303
fails 'an owner that is no number' 2 "headway start: --owner: 'me' is not a number*" \
	headway start --owner me
headway dump >"$folder/before"
headway start unknown >/dev/full 2>/dev/null
count_lines <"$folder/before"
before=$lines
try headway dump
count_lines <"$folder/out"
is 'a record whose id nobody got does not stay' "$before" "$lines"

# message
ok 'KEY VALUE' headway message "$id" Step 2/2
view_has 'an existing key keeps its place' "$id" '"messages":[{"key":"Step","value":"2/2"},'
ok 'a value may look like an option' headway message "$id" Value --arena
view_has 'that value' "$id" '{"key":"Value","value":"--arena"}'
ok 'KEY=VALUE...' headway message "$id" One=1 Two=x=y 'Three='
is 'three at once' '1 x=y ' "$(field "$id" '[.messages[] | select(.key | test("^(One|Two|Three)$")).value] | join(" ")')"
version=$(field "$id" .version)
headway message "$id" A=1 B=2 C=3
is 'several are one step' $((version + 1)) "$(field "$id" .version)"
ok 'a key like an option comes after --' headway message "$id" -- -v 1
view_has 'that key' "$id" '{"key":"-v","value":"1"}'
ok 'an empty value' headway message "$id" Empty ''
text=$'line\n\ttab "quoted" \\ \xc3\xa4 \xe2\x80\xae'
headway message "$id" Text "$text"
is 'any text comes back as it was' "$text" "$(field "$id" '.messages[] | select(.key == "Text").value')"
fails 'no key' 2 'headway message: missing operand*' headway message "$id"
fails 'no value' 2 "headway message: 'Key' is not KEY=VALUE*" headway message "$id" Key
fails 'an empty key' 2 'headway message: the key is empty*' headway message "$id" '' x
fails 'pairs mixed with others' 2 "headway message: 'b' is not KEY=VALUE*" headway message "$id" a=1 b
fails 'three words' 2 "headway message: 'a' is not KEY=VALUE*" headway message "$id" a b c
fails 'options too late' 2 "headway message: '--arena=x'*" headway message "$id" --arena=x
fails 'no id' 1 "headway message: 'job' is not a record id*" headway message job a b
fails 'an unknown id' 1 "headway message: record $nobody is not in this arena" \
	headway message $nobody a b

# add, set
ok 'add' headway add "$id" 3
ok 'add again' headway add "$id" 4
view_has 'done is the sum' "$id" '"done":7,'
ok 'add to a counter by name' headway add "$id" 5 --counter skipped
ok 'add to a counter by place' headway add "$id" 2 --counter 0
view_has 'the counters' "$id" '"counters":{"seen":2,"skipped":5},'
fails 'no such counter' 1 "headway add: the record has no counter 'x'" headway add "$id" 1 -c x
fails 'no such place' 1 "headway add: the record has no counter '2'" headway add "$id" 1 -c 2
fails 'not a number' 2 "headway add: N: 'x' is not a number*" headway add "$id" x
fails 'not a whole number' 2 "headway add: N: '1.5' is not a number*" headway add "$id" 1.5
fails 'too big a number' 2 "headway add: N: '18446744073709551616' is too big*" \
	headway add "$id" 18446744073709551616
fails 'a negative number' 2 'headway add: unknown option*' headway add "$id" -1
ok 'the biggest number' headway set "$id" 18446744073709551615
ok 'set' headway set "$id" 8 --total 20
view_has 'set both' "$id" '"done":8,"total":20,'
ok 'set only the total' headway set "$id" --total 30
view_has 'done is left alone' "$id" '"done":8,"total":30,'
fails 'nothing to set' 2 'headway set: nothing to set*' headway set "$id"
striped=$(headway start --striped)
ok 'add to striped counters' headway add "$striped" 3
view_has 'striped counters add up' "$striped" '"done":3,'
fails 'set is refused for striped counters' 1 'headway set: *striped*' headway set "$striped" 5

# results
ok 'results' headway results "$id" '{"n": [1, 2]}'
view_has 'the results' "$id" '"results":{"n":[1,2]},'
echo '[true]' | headway results "$id"
view_has 'results from standard input' "$id" '"results":[true],'
echo '"x"' | headway results "$id" -
view_has 'results from -' "$id" '"results":"x",'
for bad in '' '{' '{} {}' 'nope' $'"\xff"'; do
	fails "results '$bad'" 1 'headway results: the results are not one JSON value*' \
		headway results "$id" "$bad"
done
view_has 'bad results change nothing' "$id" '"results":"x",'
truncate -s 100M "$folder/huge"
fails 'results longer than the arena' 1 'headway results: *longer*' headway results "$id" <"$folder/huge"
fails 'results from nowhere' 1 'headway results: cannot read standard input: *' headway results "$id" </

# finish, error
ok 'finish' headway finish "$id"
view_has 'Finished' "$id" '"status":"Finished"'
for call in "message $id a b" "add $id 1" "set $id 1" "results $id 1" "finish $id" "error $id x"; do
	# shellcheck disable=SC2086 # words
	fails "after the end: ${call%% *}" 1 \
		"headway ${call%% *}: record $id is over (Finished): nothing was changed" headway $call
done
id=$(headway start)
ok 'finish with results' headway finish "$id" --results '{"ok": true}'
view_has 'both in one' "$id" '"status":"Finished"' '"results":{"ok":true}'
id=$(headway start)
fails 'finish with bad results' 1 'headway finish: the results are not*' headway finish "$id" --results '{'
view_has 'still Running then' "$id" '"status":"Running"'
ok 'error' headway error "$id" 'disk full: -1'
view_has 'Error' "$id" '"status":"Error"' '{"key":"Error","value":"disk full: -1"}'
fails 'after Error' 1 "headway add: record $id is over (Error): nothing was changed" headway add "$id" 1
fails 'error without a message' 2 'headway error: missing operand*' headway error "$id"
fails 'options after the id' 2 "headway error: '--arena' is one operand too many: options come before*" \
	headway error "$id" x --arena y

# wait
headway finish "$striped"
ok 'wait for one that is Finished' headway wait "$striped" --timeout 0
id=$(headway start)
try headway wait "$id" --timeout 0.2s
is 'wait gives up' 124 "$code"
(sleep 0.3; headway finish "$id") &
ok 'wait until Finished' headway wait "$id" --timeout 60
wait
id=$(headway start)
(sleep 0.3; headway error "$id" 'no luck') &
fails 'wait until Error' 1 "headway wait: record $id is in Error: no luck" headway wait "$id"
wait
fails 'wait for nobody' 1 "headway wait: record $nobody is not in this arena" headway wait $nobody
fails 'wait how long' 2 "headway wait: --timeout: 'soon' is not a time*" headway wait "$id" -T soon

one=$(headway start) two=$(headway start)
headway finish "$one"
try headway wait "$one" "$two" --timeout 0.2s
is 'wait for both: not yet' 124 "$code"
try headway wait --any "$two" "$one"
is 'wait for any: the one that is over' "0 $one" "$code $out"
(sleep 0.3; headway error "$two" sorry) &
fails 'wait for both: one in Error' 1 "headway wait: record $two is in Error: sorry" headway wait "$one" "$two"
wait
try headway wait --any "$two" "$one"
is 'wait for any: the first' "1 $two" "$code $out"
good=$(headway start good) bad=$(headway start bad)
headway finish "$good"
headway error "$bad" sorry
fails 'wait says the name that was given' 1 "headway wait: record $bad (bad) is in Error: sorry" headway wait good bad
id=$(headway start)
try headway wait --any "$id" --timeout 0
is 'wait for any: look once' 124 "$code"
fails 'any and all' 2 'headway wait: --any and --all exclude*' headway wait --any --all "$id"

# another arena
fails 'no arena' 1 'headway add: no arena /headway-none-*' \
	headway --arena "/headway-none-$$" add "$id" 1
fails 'no arena, said after the command' 1 'headway message: no arena /headway-none-*' \
	headway message --arena "/headway-none-$$" "$id" a b
fails 'an empty name' 2 'headway: --arena: the name is empty*' headway --arena '' dump
finish
