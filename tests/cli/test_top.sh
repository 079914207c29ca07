#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway top on a terminal of tmux: the screen, the keys, and that the terminal's settings are
# restored however the view ends.
# shellcheck source=tests/cli/lib.sh disable=SC2016,SC2317
. "${0%/*}/lib.sh"
need tmux pgrep
terminals=0
in_tmux() { tmux -S "$folder/tmux-$terminals" -f /dev/null "$@"; }
leave() {
	in_tmux kill-server 2>/dev/null
	clean_up
}
trap leave EXIT
# A terminal with a shell in it.
terminal() { # COLUMNS LINES [ENVIRONMENT...]
	in_tmux kill-server 2>/dev/null
	terminals=$((terminals + 1))
	in_tmux new-session -d -s t -x "$1" -y "$2" \
		"env LC_ALL=C.UTF-8 TERM=screen-256color PS1='shell> ' HISTFILE= HEADWAY_ARENA=$HEADWAY_ARENA \
		${*:3} bash --norc --noprofile -i"
	sees 'shell>'
}
keys() { in_tmux send-keys -t t "$@"; }
look() { in_tmux capture-pane -p -t t >"$folder/screen" && screen=$(<"$folder/screen"); } # into $screen
shows() { look && [[ $screen == *$1* ]]; }
hides() { look && [[ $screen != *$1* ]]; }
sees() { eventually "the screen shows '$1'${2:+ ($2)}" shows "$1"; }
misses() { eventually "the screen no longer shows '$1'${2:+ ($2)}" hides "$1"; }
# find_line TEXT: sets $line to the first line of $screen that contains it
find_line() {
	while IFS= read -r line; do [[ $line != *$1* ]] || return 0; done <<<"$screen"
	line=''
}
# line_like DESCRIPTION PATTERN TEXT: passes if the first line of the screen with the text matches
# the pattern
line_like() {
	look
	find_line "$3"
	like "$1" "$2" "$line"
}
top() { keys "'$BIN/headway' top -i 0.1s $*" Enter; }

headway init --slots 64 --bytes 2M >/dev/null
parent=$(headway start 'nightly backup')
a=$(headway start 'disk a' --parent "$parent" --total 2048 --unit bytes -m Step=copying)
b=$(headway start 'disk b' --parent "$parent" --total 2048 --unit bytes)
headway add "$a" 1024
files=$(headway start '中文 files' --total 10000 --unit files)
headway add "$files" 2500
headway start $'evil \e[31m\n\xe2\x80\xae\xc2\x9b' >/dev/null
bad=$(headway start broken)
headway error "$bad" 'disk full'
sleep 60 &
sleeper=$!
lost=$(headway start left --owner $sleeper --total 10)
headway add "$lost" 1
kill -KILL $sleeper
wait $sleeper 2>/dev/null
is 'the lost one is there' left "$(field "$lost" .name)"

# what it shows
terminal 120 24
top --stall 1h
sees 'nightly backup'
sees '5 running, 0 finished, 1 in error, 1 lost'
line_like 'a bar, percentage, bytes' '*disk a*██*░*50%*1.0 KiB/2.0 KiB*Running*' 'disk a'
line_like 'a child is below its parent' '    disk a*' 'disk a'
line_like 'a parent has the progress of its children' '*nightly backup 2▶*25%*1.0 KiB/4.0 KiB*' \
	'nightly backup'
line_like 'counts, and wide characters keep their columns' '*中文 files*25%*2500/10.0k files*' \
	'中文'
find_line 'disk a'
narrow=${line%%Running*}
find_line '中文'
wide=${line%%Running*}
is 'columns stay in line' ${#narrow} $((${#wide} + 2))
line_like 'control characters do nothing' '*evil \\x1b\[31m\\n\\u202e\\u009b*' evil
sees 'disk full' 'an error has its message'
sees 'owner died (pid' 'so has what was lost'
line_like 'lost is marked' '*left*lost*' ' left'
headway add "$a" 512
sees '75%' 'it is live'
line_like 'a rate' '*B/s*' 'disk a'
headway finish "$b"
sees '1 finished'

# keys
keys Down Enter
sees "$a" 'details'
sees 'Step: copying'
keys Enter
sees 'nightly backup' 'and back'
headway run --name over true
sees '2 finished' 'it comes last when it has ended'
sees ' over'
keys End Enter
sees ', exited' 'an owner that ended after its record'
keys q Home
sees 'nightly backup' 'q is back'
keys /
keys -l DISK
misses broken 'a filter while it is typed'
sees 'filter: DISK_'
keys Enter
sees 'nightly backup' 'what a match is part of'
keys Enter
sees "name        disk a" 'the cursor is on the match'
keys q
sees 'nightly backup'
keys Escape
sees broken 'no filter'
keys a
misses 'broken' 'only what runs'
keys a
sees broken
keys x
misses '中文' 'only what failed'
sees 'failed only'
keys x
sees '中文'
keys Home Left
misses 'disk a' folded
line_like 'the fold is marked' '▸ nightly backup 1▶*' nightly
keys Right
sees 'disk a' unfolded
keys s s s
sees 'sort: name'
sees 'NAME▲' 'the head is marked'
look
[[ $screen =~ .*(broken|evil|left|nightly|中文) ]]
is 'sorted by name' '中文' "${BASH_REMATCH[1]}"
keys r
sees 'sort: -name'
sees 'NAME▼' 'the other way round'
keys g
look
[[ $screen =~ (broken|evil|left|nightly|中文) ]]
is 'reversed' '中文' "${BASH_REMATCH[1]}"
keys r s s s s s s s
sees 'sort: started'
keys t
sees 'disk a'
eventually 'flat' eval 'look; find_line "disk a"; [[ $line == "  disk a"* ]]'
keys t Home Down f
misses '中文' following
line_like 'only that one' '*disk a*' 'disk a'
keys f
sees '中文'
keys '?'
sees 'next and previous record in Error' help
keys '?'
sees '中文'
in_tmux resize-window -t t -x 60 -y 10
eventually 'narrower: no line is broken' eval 'look; find_line "disk a"; [[ $line == *75%*Running* ]]'
in_tmux resize-window -t t -x 80 -y 24
sees 'TIME'
look
find_line NAME
like 'at 80 columns DONE and TIME are there' '*%*DONE*ETA*TIME*STATUS' "$line"
find_line '中文'
like 'and what is done, without the total where it does not fit' '*25%*2500*Running' "$line"
in_tmux resize-window -t t -x 20 -y 5
sees 'nightly' 'tiny'
in_tmux resize-window -t t -x 120 -y 24
sees 'STATUS'
keys q
sees 'shell>' quit
misses 'nightly backup' 'the screen is as it was'

# the terminal afterwards
settled() { # DESCRIPTION: passes if the output of stty, through a file, is as before
	local word flags=''
	rm -f "$folder/stty.done"
	keys "stty -a >'$folder/stty'; : >'$folder/stty.done'" Enter
	eventually 'the shell answers' test -e "$folder/stty.done"
	for word in $(<"$folder/stty"); do
		case ${word#-} in icanon | echo | isig | onlcr) flags+=" $word" ;; esac
	done
	is "$1" "$normal" "$flags"
}
normal=' onlcr isig icanon echo'
settled 'after q'
shell=$(in_tmux list-panes -t t -F '#{pane_pid}')
for signal in TERM INT HUP QUIT; do
	top
	sees 'nightly backup'
	kill -$signal "$(pgrep -P "$shell" -x headway)"
	misses 'nightly backup' "after SIG$signal"
	settled "after SIG$signal"
done
top
sees 'nightly backup'
keys C-z
sees 'Stopped' 'after ^Z'
settled 'after ^Z'
keys fg Enter
sees 'nightly backup' 'after fg'
keys C-c
misses 'nightly backup' 'after ^C'
settled 'after ^C'

# other terminals
terminal 100 24 LC_ALL=C
top
sees 'disk a'
line_like 'ASCII outside UTF-8' '*disk a*##*--*75%*' 'disk a'
line_like 'no UTF-8 there' '*\\u4e2d\\u6587 files*' files
keys q
terminal 100 24 NO_COLOR=1
top
sees 'disk a'
is 'NO_COLOR' 0 "$(in_tmux capture-pane -e -p -t t | grep -c $'\e\\[[0-9;]*3[1-6]')"
keys q
terminal 100 24
top
sees 'disk a'
eventually 'colours' eval 'in_tmux capture-pane -e -p -t t | grep -q $'"'\\e\\\\[[0-9;]*3[1-6]'"
keys q
terminal 100 24 TERM=nonsense
top
sees 'plain lines instead'
sees 'disk a'
keys C-c
in_tmux kill-server

# not a terminal
try headway top --count 1
count_lines <"$folder/out"
is 'plain lines: as many as records' 8 "$lines"
screen=$out
find_line "$a"
like 'a plain line' "??:??:?? $a Running 75% 1.5 KiB/2.0 KiB * eta * disk a: Step: copying" "$line"
is 'no control characters' '' "$(tr -d '\n' <"$folder/out" | tr -dc '\000-\037\177')"
"$BIN/headway" top -i 0.1s >"$folder/lines" &
pid=$!
eventually 'the first look' contains "$a" "$folder/lines"
headway message "$a" Step verifying
eventually 'a line for a change' contains 'Step: verifying' "$folder/lines"
count_lines <"$folder/lines"
is 'and only for that' 9 "$lines"
kill -TERM $pid
wait $pid 2>/dev/null
mkfifo "$folder/pipe"
"$BIN/headway" top -i 0.1s >"$folder/pipe" &
pid=$!
read -r _ <"$folder/pipe"
ok 'a reader that goes away ends it' wait $pid
try headway top --count 1 "$parent"
count_lines <"$folder/out"
is 'one record and its children' 3 "$lines"
fails 'a record that is not there' 1 'headway top: record *' \
	headway top 01234567-89ab-8def-8123-456789abcdef
fails 'no arena' 1 'headway top: no arena *; waiting for it' headway top -a "/headway-none-$$" --count 1
"$BIN/headway" top -i 0.1s -a "/headway-later-$$" >"$folder/lines" 2>"$folder/told" &
pid=$!
eventually 'it waits for one' contains 'waiting for it' "$folder/told"
headway -a "/headway-later-$$" start early >/dev/null
eventually 'and finds it' contains early "$folder/lines"
kill $pid
wait $pid 2>/dev/null
headway rm --force "/headway-later-$$"

# a parent that cannot add up its children: not less time than the slowest has; the same in a flat list
mixed=$(headway start mixed)
slow=$(headway start slow --parent "$mixed" --total 100000000 --unit bytes)
headway add "$slow" 1
headway finish "$(headway start over --parent "$mixed")"
headway start other --parent "$mixed" >/dev/null
time_left() { # NAME: sets $eta to what $out shows of it
	eta=$(grep -E "^[^ ]+ [^ ]+ .* $1(:|\$)" <<<"$out" | grep -oE 'eta [^ ]+')
}
for flat in '' --flat; do
	try headway top $flat --count 1 "$mixed"
	count_lines <"$folder/out"
	is "one and its children ${flat:+in a flat list}" 4 "$lines"
	time_left slow
	left=$eta
	like 'the slowest has a time left' 'eta [0-9]*' "$left"
	time_left mixed
	is "the parent's time left $flat" "$left" "$eta"
	like "the parent's percentage $flat" "* $mixed Running 33%*" "$(grep "$mixed" <<<"$out")"
done
headway finish "$slow"
try headway top --count 1 "$mixed"
time_left mixed
is 'unknown when no child that runs has one' 'eta -' "$eta"
for id in "$mixed" "$slow"; do headway finish "$id" 2>/dev/null; headway rm "$id"; done
for name in over other; do headway finish "$name" 2>/dev/null; done
headway dump | jq -r 'select(.name == "other" or (.name == "over" and .parent != null)) | .id' | xargs "$BIN/headway" rm

# failures below a parent, and records without progress
terminal 80 24
family=$(headway start family)
child=$(headway start child --parent "$family" --total 10)
grandchild=$(headway start grandchild --parent "$child" --total 10)
printf -v long 'word%.0s ' {1..100}
headway error "$grandchild" "$long-end"
top --stall 1s --sort started
sees 'family 1✕ 1▶' 'a failure below is told, however deep'
eventually 'it does not move' eval 'look; find_line "▾ child"; [[ $line == *stalled* ]]'
keys End
keys Left Left Left Left
sees '▸ family 1✕ 1▶' 'folded or not'
keys e
sees '    grandchild' 'the next error is unfolded'
keys Enter
sees '-end' 'a long error, whole'
line_like 'why it failed is told first' 'error       word*' 'error '
sees 'id          '"$grandchild" 'of the right record'
keys q E
eventually 'the previous one' eval 'look; find_line "q quit"; [[ $line != *" 11/11" && $line == */11 ]]'
keys Home
sees ' 1/11' 'the position'
keys q
sees 'shell>'

# forty messages: the detail scrolls, at 40x10, too
many=$(headway start 'many messages' --counter files)
for i in {1..40}; do echo "message Key-$i value-$i"; done | headway feed "$many"
terminal 40 10
top "'many messages'"
sees ' 1/1'
line_like 'short counts' '? running, ? done, ? error, ? lost' running
keys Enter
sees 'Key-5: value-5'
misses 'Key-40' 'not all fit'
keys NPage NPage NPage NPage NPage
sees 'Key-40: value-40'
keys End
sees 'url '
keys Home
sees 'name        many messages'
eventually 'the place in the text' eval 'look; find_line "q back"; [[ $line == *" 1-9/"* ]]'
keys q q
sees 'shell>'

# the graph of the rate, the message if there is space, the mouse
terminal 200 30
moving=$(headway start moving --total 1000000 -m Step=counting)
(while headway add "$moving" 5; do pause 0.1; done) 2>/dev/null &
mover=$!
top
sees 'MESSAGE'
line_like 'the message' '*Step: counting' moving
eventually 'a sparkline' eval 'look; find_line moving; [[ $line =~ [▁▂▃▄▅▆▇█]{3,}" "+[0-9-] ]]'
kill $mover
wait $mover 2>/dev/null
mouse() { # BUTTON COLUMN LINE
	keys -l "$(printf "\\033[M%b%b%b\\033[M#%b%b" "\\x$(printf %x $(($1 + 32)))" \
		"\\x$(printf %x $(($2 + 33)))" "\\x$(printf %x $(($3 + 33)))" \
		"\\x$(printf %x $(($2 + 33)))" "\\x$(printf %x $(($3 + 33)))")"
}
mouse 0 1 1
sees 'NAME▲' 'a click sorts'
mouse 0 1 1
sees 'NAME▼' 'another reverses'
mouse 0 1 3
sees ' 2/13' 'a click moves'
mouse 0 1 3
sees 'q back' 'another shows it'
keys q
mouse 65 1 3
sees ' 5/13' 'the wheel'
keys q
sees 'shell>'

# an arena that comes later
terminal 80 24
keys "'$BIN/headway' top -a /headway-later-$$ -i 0.1s" Enter
sees "waiting for arena /headway-later-$$"
headway -a "/headway-later-$$" start 'the first' >/dev/null
sees 'the first' 'it is found'
keys q
headway rm --force "/headway-later-$$"
in_tmux kill-server

# thousands of records, sorted by their present values
headway rm --force "$HEADWAY_ARENA"
headway init --slots 64 --bytes 2M >/dev/null
for i in 3 1 2; do try headway start "n$i" --total 10 && headway set "$out" "$i"; done
is 'sorted by the first read' 'n3 n2 n1' "$(headway top --count 1 -S -done | sed 's/.* //' | xargs)"

# a chain of parents, and cycles of them, which only a faulty writer can make
headway rm "$HEADWAY_ARENA" --force
headway init --slots 256 --bytes 1M >/dev/null
try headway start chain
for _ in {1..24}; do try headway start chain --parent "$out"; done
try headway top --count 1
count_lines <"$folder/out"
is 'a chain' 25 "$lines"
headway rm "$HEADWAY_ARENA" --force
headway init --slots 16 --bytes 1M >/dev/null
a=$(headway start a)
b=$(headway start b --parent "$a")
c=$(headway start c --parent "$b")
raw() { # ID: sets $bytes to its bytes, in the form that printf expects
	local digits=${1//-/}
	bytes=''
	while [ -n "$digits" ]; do bytes+=\\x${digits:0:2} digits=${digits:2}; done
}
# Finds where b stores its parent: the position of a's id that is not that of a block's own id.
places() { # ID: into $found
	mapfile -t found < <(perl -0777 -ne 'BEGIN { $id = pack "H*", shift }
		for ($at = index $_, $id; $at >= 0; $at = index $_, $id, $at + 1) { print "$at\n" }' \
		"${1//-/}" "/dev/shm$HEADWAY_ARENA")
}
places "$c"
id_place=$((found[0] % 512))
places "$a"
for at in "${found[@]}"; do
	[ $((at % 512)) -eq $id_place ] || break
done
each_once() { # DESCRIPTION ID...: passes if $out has a line for each, in any order
	local what=$1 id
	shift
	count_lines <"$folder/out"
	is "$what: as many" $# "$lines"
	for id; do like "$what: each" "* $id *" "$out"; done
}
for ring in "$c" "$b"; do
	raw "$ring"
	# shellcheck disable=SC2059
	printf "$bytes" | dd of="/dev/shm$HEADWAY_ARENA" bs=1 seek="$at" conv=notrunc 2>/dev/null
	view "$b"
	record_has 'a ring is made' "\"parent\":\"$ring\""
	ok 'a ring of parents ends' timeout 10 "$BIN/headway" top --count 1
	each_once 'with each record once' "$a" "$b" "$c"
	ok 'one and its children end' timeout 10 "$BIN/headway" top --count 1 "$b"
	each_once 'one and its children' "$b" "$c"
done

# ---- what runs is in sight, whatever has run before
terminal 80 10
for i in 1 2 3 4 5 6 7 8 9; do headway finish "$(headway start "order $i")"; done
family=$(headway start 'order family')
headway start 'order part' --parent "$family" >/dev/null
headway finish "$family"
headway start 'order last' >/dev/null
names() { look; sed -n 's/^[^a-z]*\(order [a-z0-9]*\).*/\1/p' "$folder/screen" | head -n 4 | xargs; }
comes() { [ "$(names)" = "$1" ]; }
top "--name 'order*'"
eventually 'what runs, and a family of which a part runs' comes 'order family order part order last order 1'
keys r
eventually 'a key sorts all' comes 'order last order family order part order 9'
keys q
sees 'shell>' 'at the end'
top "--name 'order*' --sort started"
eventually 'a sort key that is given, too' comes 'order 1 order 2 order 3 order 4'
keys q

finish
