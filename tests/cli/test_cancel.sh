#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway cancel: the request, its reason, and what headway run and pipe do about it.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "${0%/*}/lib.sh"

headway init --slots 64 --bytes 2M >/dev/null
of() { headway dump --name "$1" --sort -started | head -n 1 | jq -r "$2"; }
error='.status + " " + (.messages[] | select(.key == "Error").value)'

# Until a record of that name is there, and its command is under way.
until_there() {
	until [ -e "$folder/ready" ]; do sleep 0.05; done
	rm "$folder/ready"
}
ready="echo >'$folder/ready'"

# ---- the request
id=$(headway start work)
is 'nobody asked' null "$(field "$id" .cancel_requested)"
ok 'asked' headway cancel --reason 'disk "full"' "$id"
is 'the reason' 'disk "full"' "$(field "$id" .cancel_requested.reason)"
like 'the time' '20*Z' "$(field "$id" .cancel_requested.at)"
is 'still Running' Running "$(field "$id" .status)"
ok 'asked twice' headway cancel --reason other "$id"
is 'the first one counts' 'disk "full"' "$(field "$id" .cancel_requested.reason)"
like 'in a table' '*disk "full"*' "$(headway dump --format table --fields name,cancel "$id")"
like 'in top' '*cancelling*' "$(headway top --plain --count 1)"
try headway cancel --wait --timeout 0 "$id"
is 'the time is over' '124 ' "$code $err"
fails 'a detached record has no owner to kill' 1 'headway cancel: cannot kill: the record has no owner' \
	headway cancel --kill-after 0 "$id"
ok 'it may still finish' headway finish "$id"
is 'and the request stays' 'Finished disk "full"' "$(field "$id" '.status + " " + .cancel_requested.reason')"
fails 'what is over' 1 "headway cancel: record $id is over (Finished): nothing was changed" headway cancel "$id"
fails 'no record' 1 '*' headway cancel 00000000-0000-8000-8000-000000000000
fails '--timeout alone' 2 '*--timeout belongs to --wait*' headway cancel --timeout 1s "$id"
fails 'nobody named' 2 '*missing operand*' headway cancel
fails 'an empty operand' 2 '*' headway cancel ''

# ---- run
headway run --name job sh -c "$ready; exec sleep 600" 2>"$folder/err" &
until_there
ok 'cancel and wait' headway cancel --wait --reason 'no more' job
wait $!
is 'run: killed by SIGTERM' 143 $?
is 'run: says so' 'headway run: cancelled: no more' "$(<"$folder/err")"
is 'run: Error' 'Error cancelled: no more; killed by signal 15 (Terminated)' "$(of job "$error")"

headway run --name tidy sh -c "trap 'exit 0' TERM; $ready; while :; do sleep 0.05; done" 2>/dev/null &
until_there
ok 'a command that ends well' headway cancel --wait tidy
wait $!
is 'its exit status' 0 $?
is 'it is Finished' Finished "$(of tidy .status)"

headway run --name deaf sh -c "trap '' TERM; $ready; while :; do sleep 0.05; done" 2>/dev/null &
until_there
ok 'a command that does not listen' headway cancel --kill-after 300ms deaf
wait $!
is 'it is killed' 137 $?
is 'and its record tells' 'Error cancelled; killed by signal 9 (Killed)' "$(of deaf "$error")"

headway run --name both sh -c "trap '' TERM; $ready; while :; do sleep 0.05; done" 2>/dev/null &
until_there
try headway cancel --wait --timeout 200ms --kill-after 60s both
is 'the timeout is the shorter time: nothing is killed' '124 ' "$code $err"
is 'it runs' Running "$(of both .status)"
ok 'the time to kill is the shorter one' headway cancel --wait --timeout 60s --kill-after 200ms both
wait $!
is 'it is killed in time' 137 $?
headway start stuck >/dev/null
fails 'what cannot be killed is not waited for' 1 'headway cancel: cannot kill: the record has no owner' \
	headway cancel --timeout 60s --kill-after 0 stuck

headway run --no-cancel --name left sh -c "$ready; while [ ! -e '$folder/stop' ]; do sleep 0.05; done" &
until_there
ok 'a command that is left alone' headway cancel left
try headway cancel --wait --timeout 600ms left
is 'it goes on' '124 ' "$code $err"
touch "$folder/stop"
wait $!
is 'to its end' 0 $?
is 'Finished all the same' Finished "$(of left .status)"

# ---- pipe
mkfifo "$folder/in"
headway pipe --name copy <"$folder/in" >/dev/null 2>"$folder/err" &
exec 9>"$folder/in"
until headway dump --name copy | grep -q Running; do sleep 0.05; done
ok 'cancel a copy' headway cancel --wait --reason enough copy
wait $!
is 'pipe: ends as by SIGTERM' 143 $?
is 'pipe: says so' 'headway pipe: cancelled: enough' "$(head -n 1 "$folder/err")"
is 'pipe: Error' 'Error cancelled: enough' "$(of copy "$error")"
exec 9>&-

# ---- an owner that is no headway run
id=$(headway start --owner $$ mine)
ok 'a shell that owns a record is asked' headway cancel "$id"
is 'and nothing else happens' Running "$(field "$id" .status)"
sleep 600 &
id=$(headway start --owner $! victim)
ok 'an owner that is killed' headway cancel --kill-after 0 "$id"
is 'is dead' 'Error true' "$(field "$id" '"\(.status) \(.lost)"')"

finish
