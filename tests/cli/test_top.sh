#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway top on a terminal of tmux: what the screen shows, what the keys do, and that the terminal
# is itself again afterwards, whatever ended the view.
# shellcheck source=tests/cli/lib.sh disable=SC2016,SC2317
. "$(dirname "$0")/lib.sh"
need tmux
terminals=0
in_tmux() { tmux -S "$folder/tmux-$terminals" -f /dev/null "$@"; }
leave() {
	in_tmux kill-server 2>/dev/null
	clean_up
}
trap leave EXIT
# A terminal with a shell that is there before and after.
terminal() { # COLUMNS LINES [ENVIRONMENT...]
	in_tmux kill-server 2>/dev/null
	terminals=$((terminals + 1))
	in_tmux new-session -d -s t -x "$1" -y "$2" \
		"env LC_ALL=C.UTF-8 TERM=screen-256color PS1='shell> ' HEADWAY_ARENA=$HEADWAY_ARENA \
		${*:3} bash --norc --noprofile -i"
	sees 'shell>'
}
keys() { in_tmux send-keys -t t "$@"; }
screen() { in_tmux capture-pane -p -t t; }
shows() { [[ $(screen) == *$1* ]]; }
hides() { [[ $(screen) != *$1* ]]; }
sees() { eventually "the screen shows '$1'${2:+ ($2)}" shows "$1"; }
misses() { eventually "the screen no longer shows '$1'${2:+ ($2)}" hides "$1"; }
line_of() { screen | grep -F -- "$1" | head -n 1; }
top() { keys "'$BIN/headway' top -i 0.1s $*" Enter; }

headway init --slots 64 --bytes 2M >/dev/null
parent=$(headway start 'nightly backup')
a=$(headway start 'disk a' --parent "$parent" --total 2048 --unit bytes -m Step=copying)
b=$(headway start 'disk b' --parent "$parent" --total 2048 --unit bytes)
headway add "$a" 1024
files=$(headway start '中文 files' --total 10000 --unit files)
headway add "$files" 2500
headway start $'evil \e[31m\n\xe2\x80\xae' >/dev/null
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
like 'a bar, percentage, bytes' '*disk a*██*░*50%*1.0 KiB/2.0 KiB*Running*' "$(line_of 'disk a')"
like 'a child is below its parent' '    disk a*' "$(line_of 'disk a')"
like 'a parent has the progress of its children' '*nightly backup*25%*1.0 KiB/4.0 KiB*' \
	"$(line_of 'nightly backup')"
like 'counts, and wide characters keep their columns' '*中文 files*25%*2500/10.0k files*' \
	"$(line_of '中文')"
is 'columns stay in line' "$(line_of 'disk a' | sed 's/Running.*//' | wc -m)" \
	$(($(line_of '中文' | sed 's/Running.*//' | wc -m) + 2))
like 'control characters do nothing' '*evil \\x1b\[31m\\n\\u202e*' "$(line_of evil)"
sees 'disk full' 'an error has its message'
sees 'owner died (pid' 'so has what was lost'
like 'lost is marked' '*left*lost*' "$(line_of ' left')"
headway add "$a" 512
sees '75%' 'it is live'
like 'a rate' '*B/s*' "$(line_of 'disk a')"
headway finish "$b"
sees '1 finished'

# keys
keys Down Enter
sees "id $a" 'details'
sees 'Step: copying'
keys Enter
misses "id $a"
keys /
keys -l DISK
keys Enter
misses broken filter
sees 'nightly backup' 'what a match is part of'
keys Escape
sees broken 'no filter'
keys a
misses 'broken' 'only what runs'
keys a
sees broken
keys Home Left
misses 'disk a' folded
like 'the fold is marked' '▸ nightly*' "$(line_of nightly)"
keys Right
sees 'disk a' unfolded
keys s
sees 'sort: name'
is 'sorted by name' '中文' "$(screen | grep -oE 'broken|evil|left|nightly|中文' | tail -n 1)"
keys r
sees 'name reversed'
keys g
is 'reversed' '中文' "$(screen | grep -oE 'broken|evil|left|nightly|中文' | head -n 1)"
keys r s s s s s s
sees 'sort: started'
keys t
sees 'disk a'
eventually 'flat' eval '[[ $(line_of "disk a") == "  disk a"* ]]'
keys t Home Down f
misses '中文' following
sees "id $a"
keys f
sees '中文'
keys '?'
sees 'esc back'
in_tmux resize-window -t t -x 60 -y 10
eventually 'narrower: no line is broken' eval '[[ $(line_of "disk a") == *75%*Running* ]]'
in_tmux resize-window -t t -x 20 -y 5
sees 'nightly' 'tiny'
in_tmux resize-window -t t -x 120 -y 24
sees 'STATUS'
keys q
sees 'shell>' quit
misses 'nightly backup' 'the screen is as it was'

# the terminal afterwards
settings() { # what stty says, through a file
	rm -f "$folder/stty"
	keys "stty -a >$folder/stty; touch $folder/stty.done" Enter
	eventually 'the shell answers' test -e "$folder/stty.done"
	rm -f "$folder/stty.done"
	grep -oE -- '-?(icanon|echo|isig|onlcr)\b' "$folder/stty" | paste -sd ' '
}
normal='onlcr isig icanon echo'
is 'after q' "$normal" "$(settings)"
for signal in TERM INT HUP QUIT; do
	top
	sees 'nightly backup'
	pid=$(in_tmux list-panes -t t -F '#{pane_pid}')
	kill -$signal "$(pgrep -P "$pid" -x headway)"
	misses 'nightly backup' "after SIG$signal"
	is "after SIG$signal" "$normal" "$(settings)"
done
top
sees 'nightly backup'
keys C-z
sees 'Stopped' 'after ^Z'
is 'after ^Z' "$normal" "$(settings)"
keys fg Enter
sees 'nightly backup' 'after fg'
keys C-c
misses 'nightly backup' 'after ^C'
is 'after ^C' "$normal" "$(settings)"

# other terminals
terminal 100 24 LC_ALL=C
top
sees 'disk a'
like 'ASCII outside UTF-8' '*disk a*##*--*75%*' "$(line_of 'disk a')"
like 'no UTF-8 there' '*\\u4e2d\\u6587 files*' "$(line_of files)"
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
is 'plain lines: as many as records' 7 "$(wc -l <<<"$out")"
like 'a plain line' "??:??:?? $a Running 75% 1.5 KiB/2.0 KiB * eta * disk a: Step: copying" \
	"$(grep "$a" <<<"$out")"
is 'no control characters' '' "$(tr -d '\n' <<<"$out" | tr -dc '\000-\037\177')"
"$BIN/headway" top -i 0.1s >"$folder/lines" &
pid=$!
eventually 'the first look' grep -q "$a" "$folder/lines"
headway message "$a" Step verifying
eventually 'a line for a change' grep -q 'Step: verifying' "$folder/lines"
is 'and only for that' 8 "$(wc -l <"$folder/lines")"
kill -TERM $pid
wait $pid 2>/dev/null
mkfifo "$folder/pipe"
"$BIN/headway" top -i 0.1s >"$folder/pipe" &
pid=$!
head -n 1 <"$folder/pipe" >/dev/null
ok 'a reader that goes away ends it' wait $pid
is 'one record and its children' 3 "$(headway top --count 1 "$parent" | wc -l)"
fails 'a record that is not there' 1 'headway top: record *' \
	headway top 01234567-89ab-8def-8123-456789abcdef
fails 'no arena' 1 'headway top: no arena *' headway top -a "/headway-none-$$"

# a chain of parents, and rings of them, which only a broken writer makes
headway rm
headway init --slots 256 --bytes 1M >/dev/null
up=$(headway start chain)
for _ in {1..40}; do up=$(headway start chain --parent "$up"); done
is 'a chain' 41 "$(headway top --count 1 | wc -l)"
headway rm
headway init --slots 16 --bytes 1M >/dev/null
a=$(headway start a)
b=$(headway start b --parent "$a")
c=$(headway start c --parent "$b")
raw() { tr -d '\n-' <<<"$1" | sed 's/../\\x&/g'; } # an id as printf and grep want its bytes
# Where b names its parent: the place of a's bytes that is not at an id's place in a block.
place() { LC_ALL=C grep -obUaP "$(raw "$1")" "/dev/shm$HEADWAY_ARENA" | cut -d : -f 1; }
id_place=$(($(place "$c" | head -n 1) % 512))
for at in $(place "$a"); do
	[ $((at % 512)) -eq $id_place ] || break
done
for ring in "$c" "$b"; do
	# shellcheck disable=SC2059
	printf "$(raw "$ring")" | dd of="/dev/shm$HEADWAY_ARENA" bs=1 seek="$at" conv=notrunc 2>/dev/null
	is 'a ring is made' "$ring" "$(field "$b" .parent)"
	ok 'a ring of parents ends' timeout 10 "$BIN/headway" top --count 1
	is 'with each record once' "$(printf '%s\n' "$a" "$b" "$c" | sort)" \
		"$(cut -d ' ' -f 2 <<<"$out" | sort)"
	is 'one and its children' "$(printf '%s\n' "$b" "$c" | sort)" \
		"$(timeout 10 "$BIN/headway" top --count 1 "$b" | cut -d ' ' -f 2 | sort)"
done
finish
