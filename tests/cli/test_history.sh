#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Forecasts from earlier runs: what is remembered and where, what is shown, and that bad files harm nothing.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "${0%/*}/lib.sh"
headway init --slots 64 --bytes 2M >/dev/null
state=$XDG_STATE_HOME/headway
file_of_job() { printf '%s' "$state"/????????????????; }
counted='for i in 1 2 3 4 5 6; do sleep 0.1; headway set "$HEADWAY_PARENT" $((i * 10)); done'
export PATH=$BIN:$PATH

# ---- what is remembered
is 'nothing at first' '' "$(headway history)"
is 'nothing at first, as JSON' '[]' "$(headway history --json)"
ok 'a run that succeeds' headway run --name job --total 60 sh -c "$counted"
is 'it is remembered' 'job 1 60' "$(headway history --json | jq -r '.[] | "\(.name) \(.runs) \(.total)"')"
is 'its time' true "$(headway history --json | jq '.[0].duration_seconds | . > 0.5 and . < 60')"
like 'as a table' 'NAME*RUNS*job*1*60*' "$(headway history)"
is 'the folder is private' 700 "$(stat -c %a "$state")"
is 'the file is private' 600 "$(stat -c %a "$(file_of_job)")"
try headway run --name job sh -c 'sleep 0.6; exit 3'
ok 'a moment' headway run --name moment true
ok 'a run that is not to be remembered' headway run --name job --no-history sleep 0.6
is 'a run that fails, one of a moment and one with --no-history are not' 'job 1' "$(headway history --json | jq -r '.[] | "\(.name) \(.runs)"')"
headway run --name job sh -c "trap 'exit 0' TERM; echo >'$folder/ready'; while :; do sleep 0.1; done" &
until [ -e "$folder/ready" ]; do pause 0.05; done
pause 0.6
ok 'a run that is cancelled' headway cancel --wait "$(headway dump --name job --status Running | jq -r .id)"
wait $!
is 'ends well' Finished "$(headway dump --name job --sort -started | head -n 1 | jq -r .status)"
is 'and is not remembered' 'job 1' "$(headway history --json | jq -r '.[] | "\(.name) \(.runs)"')"
rm "$folder/ready"

# ---- what is shown
ready="echo >'$folder/ready'; until [ -e '$folder/go' ]; do sleep 0.05; done"
headway run --name job --total 60 sh -c "$ready" &
until [ -e "$folder/ready" ]; do pause 0.05; done
job() { headway dump --format json --status Running --name "$1" | jq -r ".[] | $2"; }
is 'the time left before anything is done, and its band' true \
	"$(job job '.eta_seconds >= 0 and .eta_low_seconds <= .eta_seconds and .eta_seconds <= .eta_high_seconds')"
touch "$folder/go"
wait $!
rm "$folder/ready" "$folder/go"
headway run --name other --total 60 sh -c "$ready" &
until [ -e "$folder/ready" ]; do pause 0.05; done
is 'another name knows nothing' 'null null' "$(job other '"\(.eta_seconds) \(.eta_low_seconds)"')"
touch "$folder/go"
wait $!
rm "$folder/ready" "$folder/go"

# ---- other names
(cd "$folder" && headway run sleep 0.6)
like 'without a name it is the command, its folder and a hash' "sleep in $folder (????????)" "$(headway history --json | jq -r '.[].name' | grep '^sleep')"
(cd "$folder" && headway run sh -c 'sleep 0.6; : secret')
is 'no words of the command are kept' '' "$(grep -l secret "$state"/*)"
copies() { [ "$(headway dump --format json --status Running --name copy | jq length)" = 1 ]; }
{ printf 12345; until copies; do pause 0.05; done; sleep 0.7; printf 67890; } | headway pipe --name copy --total 10 >/dev/null
{ printf 12345; sleep 0.7; printf 67890; } | headway pipe >/dev/null
is 'a pipe, if it has a name' 1 "$(headway history --json | jq '[.[] | select(.name == "copy" or .name == "pipe")] | length')"
ok '--history' headway run --name x --history y sleep 0.6
is '--history names it' 1 "$(headway history --json y | jq length)"
fails 'both' 2 '*exclude each other*' headway run --history y --no-history true
fails 'an empty name' 2 '*empty name*' headway run --history '' true
fails 'a name that is too long' 2 '*longer than 255*' headway run --history "$(printf 'n%.0s' {1..256})" true
ok 'a long name of the record' headway run --name "$(printf 'n%.0s' {1..256})" sleep 0.6

# ---- forgetting
fails 'forget what' 2 '*--forget needs a name, or --all*' headway history --forget
fails 'no such name' 1 "*'nothing': no such history*" headway history --forget nothing
ok 'another' headway run --name kk --total 1234567890 sh -c 'headway set "$HEADWAY_PARENT" 1234567890; sleep 0.6'
like 'a large total' '*kk* 1.2G *' "$(headway history kk)"
try headway history kk nosuch
is 'the others are listed' '1 headway history: '"'nosuch'"': no such history' "$code $err"
like 'as they are' 'NAME*kk*' "$out"
fails 'two of three' 1 "headway history: 'nosuch': no such history" headway history --forget nosuch kk
is 'the one that is there is forgotten' '[]' "$(headway history --json kk 2>/dev/null)"
ok 'by a glob' headway history --forget 's*' y
is 'they are gone' 'copy job' "$(headway history --json | jq -r '.[].name' | grep -v other | sort | xargs)"
ok 'all' headway history --forget --all
is 'all are gone' '' "$(headway history)"

# ---- bounded
ok 'again' headway run --name job sleep 0.6
for i in {1..600}; do printf '%016x\n' "$i"; done | (cd "$state" && xargs touch -d '2020-01-01')
ok 'one more than there is room for' headway run --name more sleep 0.6
is 'no more files than before' 1 $(($(find "$state" -type f | wc -l) <= 601))
is 'both can be read' 'job more' "$(headway history --json | jq -r '.[].name' | sort | xargs)"
rm -f "$state"/0000000000000*
for _ in {1..9}; do headway run --name nine sleep 0.5; done
is 'the last eight runs' 8 "$(headway history --json nine | jq '.[0].runs')"
rm -rf "${state:?}"/*
headway run --name job sleep 0.6
file=$(file_of_job)

# ---- bad files
harmless() { # DESCRIPTION: the run works, and knows nothing; it fails, so as not to be remembered however long it takes
	try headway run --name job sh -c 'exit 3'
	is "$1: the run works" 3 "$code"
	is "$1: nothing is said" '' "$err$out"
	is "$1: nothing is known" '' "$(headway history 2>/dev/null)"
}
cp "$file" "$folder/good"
head -c 500 "$folder/good" >"$file"
harmless 'truncated'
head -c 50M /dev/zero >"$file"
harmless 'huge'
{ head -c 300 "$folder/good" && head -c 684 /dev/urandom; } >"$file"
harmless 'damaged'
rm "$file" && ln -s "$folder/good" "$file"
harmless 'a symbolic link'
ok 'a run that replaces the link' headway run --name job sleep 0.6
is 'the link is gone' 'regular file' "$(stat -c %F "$file")"
is 'its target is as it was' 984 "$(stat -c %s "$folder/good")"
rm "$file" && mkfifo "$file"
harmless 'a pipe'
rm "$file" && mkdir "$file"
harmless 'a folder'
ok 'a run that cannot replace it' headway run --name job sleep 0.6
rmdir "$file"
is 'nothing else is left' '' "$(ls "$state")"
cp "$folder/good" "$file" && chmod 666 "$file"
harmless 'a file that everybody may write'
chmod 600 "$file"
is 'the same file, private' job "$(headway history --json | jq -r '.[].name')"
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$file"
	harmless 'a file of somebody else'
	chown 0 "$file"
	chown 65534 "$state"
	harmless 'a folder of somebody else'
	fails 'and the listing says so' 1 '*belongs to another user*' headway history
	chown 0 "$state"
fi
chmod 777 "$state"
harmless 'a folder that everybody may write'
chmod 700 "$state"
touch -d '1 hour ago' "$file.new"
ok 'after one that was killed' headway run --name job sleep 0.6
is 'what it left is gone' "${file##*/}" "$(ls "$state")"

# ---- no place
for place in XDG_STATE_HOME=/dev/null/state XDG_STATE_HOME=/dev/null XDG_STATE_HOME=/proc; do
	ok "$place" env "$place" "$BIN/headway" run --name job sleep 0.6
	is "$place: nothing is said" '' "$err"
done
ok 'no HOME' env -u HOME -u XDG_STATE_HOME "$BIN/headway" run --name job sleep 0.6
is 'no HOME: nothing is said' '' "$err"
ok 'no HOME: no list' env -u HOME -u XDG_STATE_HOME "$BIN/headway" history
ok 'a relative folder' env -u HOME XDG_STATE_HOME=here "$BIN/headway" run --name job sleep 0.6
ok 'a relative folder is not used' test ! -e here
ok 'a state folder that is not there' env "XDG_STATE_HOME=$folder/not/there" "$BIN/headway" run --name job sleep 0.6
is 'is made, private' '700 700 700' "$(stat -c %a "$folder"/not{,/there{,/headway}} | xargs)"
is 'and used' job "$(XDG_STATE_HOME=$folder/not/there headway history --json | jq -r '.[].name')"
if [ "$(id -u)" -eq 0 ]; then
	mkdir "$folder/theirs"
	chown 65534 "$folder/theirs"
	ok 'in a folder of another user' env "XDG_STATE_HOME=$folder/theirs/state" "$BIN/headway" run --name job sleep 0.6
	is 'root makes none' '' "$(ls "$folder/theirs")"
fi
mkdir "$folder/home"
ok 'in HOME' env -u XDG_STATE_HOME "HOME=$folder/home" "$BIN/headway" run --name job sleep 0.6
is 'the folders are made, private' '700 700 700' "$(stat -c %a "$folder"/home/.local{,/state{,/headway}} | xargs)"
ok 'a HOME that is not there' env -u XDG_STATE_HOME "HOME=$folder/nobody" "$BIN/headway" run --name job sleep 0.6
ok 'is not made' test ! -e "$folder/nobody"

finish
