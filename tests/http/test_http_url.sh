#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway dump, top and wait with --url: a server's records as those of an arena.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
a=$("$headway" start --name 'a <&> "é"' --total 10 --unit rows --counter hits)
"$headway" message "$a" Step $'1\t<2>'
"$headway" message "$a" Other 'ü "quoted" \ end'
"$headway" add "$a" 4
b=$("$headway" start --name b --parent "$a")
"$headway" results "$b" '{"deep":[[[[1e999]]]],"u":"\u2028"}'
"$headway" error "$b" 'broke & stopped'
serve
text=$("$headway" dump --url "$url" --format table 2>&1)
case $text in *'built without libcurl'*) echo 'headway was built without libcurl'; exit 77 ;; esac

# ---- dump ----------------------------------------------------------------------------------------
same() { is "dump $*" "$("$headway" dump --url "$url" "$@" 2>&1)" "$("$headway" dump "$@" 2>&1)"; }
same --format status
same --format status --sort -name
same --format status --status error
same --format status --name 'a*'
same --format status "$b" "$a"
same --format table --fields id,status,progress,name,message,done,total,parent,version
names() { jq -r '.[] | .name'; }
is 'json' "$("$headway" dump --url "$url/_/status/" --format json | names)" "$("$headway" dump --format json | names)"
is 'the same members' "$("$headway" dump --url "$url" | jq -c keys)" "$("$headway" dump | jq -c keys)"
gone=00000000-0000-8000-8000-000000000001
text=$("$headway" dump --url "$url" "$gone" 2>&1)
is 'no such record' $? 1
has 'and says so' "$text" "$gone"
text=$("$headway" dump --url "$url" abc 2>&1)
is 'a name is no id' $? 2
text=$("$headway" dump --url "$url" --arena /x 2>&1)
is 'an arena, too' $? 2
text=$("$headway" dump --url http://127.0.0.1:1 2>&1)
is 'no server' $? 1
has 'names it' "$text" 'cannot read http://127.0.0.1:1/_/status/: '
text=$("$headway" dump --url file:///etc/passwd 2>&1)
is 'not HTTP' $? 1
hasnt 'reads no file' "$text" root:

# ---- wait ----------------------------------------------------------------------------------------
"$headway" wait --url "$url" --timeout 0 "$a"
is 'still running' $? 124
text=$("$headway" wait --url "$url" "$b" 2>&1)
is 'in Error' $? 1
has 'why' "$text" "record $b is in Error: broke & stopped"
is 'any' "$("$headway" wait --url "$url" --any "$a" "$b" 2>/dev/null)" "$b"
(pause 0.3; "$headway" finish "$a") &
"$headway" wait --url "$url" "$a"
is 'until it is over' $? 0
"$headway" wait --url "$url" "$gone" 2>/dev/null
is 'never there' $? 1

# ---- dump --follow -------------------------------------------------------------------------------
c=$("$headway" start --name c --total 10)
follow() { # OPTION…: into the file $dir/followed
	"$headway" dump --follow --interval 50ms --url "$url" "$@" >"$dir/followed" 2>"$dir/told" &
	follower=$!
	pids+=("$follower")
}
follow --format status "$c"
within says '"status":"Running"' "$dir/followed"
"$headway" message "$c" Step one
within says '"value":"one"' "$dir/followed"
last=$(get "$url/_/status/$c")
port=${url##*:}
stop
within says 'cannot read .*; trying again' "$dir/told"
"$headway" message "$c" Step two
serve --listen "127.0.0.1:$port" # too
within says '"value":"two"' "$dir/followed"
"$headway" error "$c" 'no more'
wait "$follower"
is 'ends with the record' $? 0
is 'the last line is the last state' "$(tail -n 1 "$dir/followed")" "$(get "$url/_/status/$c")"
is 'the bytes of the server' "$(grep -c -F -x "$last" "$dir/followed")" 1
is 'told once' "$(wc -l <"$dir/told")" 1
follow --format json
within says '"name":"c"' "$dir/followed"
kill "$follower"
wait "$follower"
is 'ends by the signal' $? 143
has 'after the array was closed' "$(jq -c 'map(.name)' "$dir/followed" 2>&1)" '"c"'
"$headway" dump --follow --url "$url" "$gone" >/dev/null 2>&1
is 'follows no record that is not there' $? 1
timeout 60 "$headway" dump --follow --url ftp://127.0.0.1:1 2>/dev/null
is 'does not try for ever what cannot succeed' $? 1

# ---- top -----------------------------------------------------------------------------------------
text=$("$headway" top --plain --count 1 --url "$url")
has 'top' "$text" "$c Error 0% 0/10 c: no more"
has 'and the others' "$text" "$a Finished .* a <&>"
text=$("$headway" top --plain --count 1 --url "$url" "$b")
hasnt 'one record' "$text" "$a"
has 'this one' "$text" "$b"
"$headway" top --plain --count 1 --url "$url" "$gone" 2>/dev/null
is 'top of none' $? 1
"$headway" top --url "$url" --arena /x 2>/dev/null
is 'top of an arena, too' $? 2
"$headway" top --plain --count 1 --url http://127.0.0.1:1 2>/dev/null
is 'top without a server' $? 1
stop

# ---- a token -------------------------------------------------------------------------------------
echo secret >"$dir/token"
chmod 600 "$dir/token"
serve --token-file "$dir/token"
text=$("$headway" dump --url "$url" 2>&1)
is 'no token' $? 1
has 'says 401' "$text" 'answers 401'
text=$(timeout 60 "$headway" dump --follow --url "$url" 2>&1)
is 'following needs it, too' $? 1
has 'and says' "$text" 'answers 401'
is 'a token' "$(HEADWAY_TOKEN=secret "$headway" dump --url "$url" --format status)" "$("$headway" dump --format status)"
stop
finish
