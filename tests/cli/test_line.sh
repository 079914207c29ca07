#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The progress line that headway pipe and headway run draw on a terminal; and that the command still
# has the terminal as its standard error.
# shellcheck source=tests/cli/lib.sh disable=SC2016,SC2317
. "${0%/*}/lib.sh"
need tmux
in_tmux() { tmux -S "$folder/tmux" -f /dev/null "$@"; }
leave() {
	in_tmux kill-server 2>/dev/null
	clean_up
}
trap leave EXIT
in_tmux new-session -d -s t -x 100 -y 30 -c "$folder" \
	"env LC_ALL=C.UTF-8 TERM=screen-256color PS1='shell> ' HISTFILE= HEADWAY_ARENA=$HEADWAY_ARENA 'PATH=$BIN:$PATH' \
	bash --norc --noprofile -i"
keys() { in_tmux send-keys -t t "$@"; }
look() { in_tmux capture-pane -p -t t >"$folder/screen" && screen=$(<"$folder/screen"); }
shows() { look && [[ $screen == *$1* ]]; }
sees() { eventually "the screen shows '$1'${2:+ ($2)}" shows "$1"; }
clear_screen() {
	keys C-l
	eventually 'the screen is clear' eval 'look; [[ $screen == "shell>"* && $(grep -c . "$folder/screen") -eq 1 ]]'
}
headway init --slots 64 --bytes 2M >/dev/null
sees 'shell>'

# ---- pv prints nothing on a terminal that is not its own; a percentage is said once
mkdir "$folder/bin"
printf '%s\n' '#!/bin/sh' '[ -t 2 ] && exit' 'printf "40.0MiB 0:00:01 [24.7MiB/s] [=>  ] 41%% ETA 0:00:01\r" >&2' 'exit 1' >"$folder/bin/pv"
chmod +x "$folder/bin/pv"
(PATH=$folder/bin:$BIN:$PATH script -qec "headway run --parse=pv pv -s 100M" "$folder/typescript" </dev/null >/dev/null)
is 'pv is understood on a terminal' '41 100' "$(headway dump -n pv | jq -r '"\(.done) \(.total)"')"
like 'the line has its percentage' '* 41%*' "$(<"$folder/typescript")"
is 'but no amount and rate of percents' '' "$(grep -aoE '41/100|[0-9]/s' "$folder/typescript" | grep -v MiB)"

# ---- on a narrow terminal, cells that do not fit are left out whole
at_width() { # COLUMNS: sets $line to the last line that is drawn for 524288 of 1048576 bytes
	: >"$folder/typescript"
	PATH=$BIN:$PATH TERM=xterm script -qec "stty cols $1 rows 24; printf '%524288s' x | headway pipe --name a-name-of-20-columns --total 1M >/dev/null" \
		"$folder/typescript" </dev/null >/dev/null
	line=$(tr '\r' '\n' <"$folder/typescript" | grep -a '^a-name' | tail -n 1 | sed 's/\x1b.*//')
}
at_width 120
like 'wide: all' 'a-name-of-20-columns  *  50%  512 KiB/1.0 MiB  *B/s  *s' "$line"
bar=${line#a-name-of-20-columns  } bar=${bar%%  *}
at_width 69
is 'neither time nor rate' "a-name-of-20-columns  $bar  50%  512 KiB/1.0 MiB" "$line"
at_width 64
is 'no bar either' 'a-name-of-20-columns  50%  512 KiB/1.0 MiB' "$line"
at_width 42
is 'the percentage' 'a-name-of-20-columns  50%' "$line"
at_width 22
is 'the name' 'a-name-of-20-columns' "$line"

# ---- the terminal's own progress, byte by byte
shown() { grep -ao $'\033]9;4[^\033]*\033\\\\' "$folder/typescript" | tr -d '\033\\' | uniq | tr '\n' ' '; }
on_terminal() { # VARIABLE=VALUE COMMAND: in $folder
	: >"$folder/typescript"
	(cd "$folder" && PATH=$BIN:$PATH env -u TMUX -u STY TERM=xterm "$1" script -qfec "$2" typescript </dev/null >/dev/null 2>&1)
}
mkfifo "$folder/first" "$folder/second" # one would be at its end while its first writer closes it
on_terminal VTE_VERSION=8000 "headway run --parse fraction sh -c 'echo 1/4; read x <first; echo 3/4; read x <second; exit 3'" &
eventually 'the terminal shows 25 %' eval '[[ $(shown) == *"9;4;1;25 " ]]'
echo >"$folder/first"
eventually 'the terminal shows 75 %' eval '[[ $(shown) == *"9;4;1;75 " ]]'
echo >"$folder/second"
wait $!
like 'and nothing at the end' '*]9;4;1;25 ]9;4;1;75 ]9;4;0 ' "$(shown)"
on_terminal WT_SESSION=x "sh -c 'sleep 1 | headway pipe | cat; echo over'"
is 'nothing is known: it is indeterminate' ']9;4;3 ]9;4;0 ' "$(shown)"
on_terminal VTE_VERSION=7600 "sh -c 'sleep 1 | headway pipe | cat; echo over'"
is 'a terminal that does not understand it' '' "$(shown)"

id=$(headway start work --total 4)
other=$(headway start more --total 4)
on_terminal VTE_VERSION=8000 "headway wait $id $other" &
eventually 'wait: nothing is done' eval '[[ $(shown) == *"9;4;1;0 " ]]'
headway set "$id" 2
eventually 'wait: a quarter of both' eval '[[ $(shown) == *"9;4;1;25 " ]]'
headway finish "$id"
eventually 'wait: one is over' eval '[[ $(shown) == *"9;4;1;50 " ]]'
headway finish "$other"
wait $!
is 'wait: nothing at the end' ']9;4;1;0 ]9;4;1;25 ]9;4;1;50 ]9;4;0 ' "$(shown)"
id=$(headway start work)
on_terminal VTE_VERSION=8000 "headway wait --any $id & sleep 1; kill -TERM \$!; wait \$!"
is 'wait: nothing after a signal' ']9;4;3 ]9;4;0 ' "$(shown)"
headway set --total 8 "$id" 2
on_terminal VTE_VERSION=8000 "headway wait --timeout 300ms $id"
is 'wait: nothing after the timeout' ']9;4;1;25 ]9;4;0 ' "$(shown)"
on_terminal WT_SESSION=x "stty cols 80 rows 24; headway top & sleep 1; kill -TERM \$!; wait \$!"
is 'top: what runs, and nothing at the end' ']9;4;1;25 ]9;4;0 ' "$(shown)"
headway finish "$id"
on_terminal WT_SESSION=x "stty cols 80 rows 24; headway top & sleep 1; kill -TERM \$!; wait \$!"
is 'top: nothing runs' '' "$(shown)"

# ---- pipe
mkfifo "$folder/in"
keys "cat in | headway pipe --name data --total 4k >/dev/null" Enter
exec 8>"$folder/in"
head -c 1024 /dev/zero >&8
sees 'data  █████░░░░░░░░░░░░░░░  25%  1.0 KiB/4.0 KiB' 'a line'
head -c 1024 /dev/zero >&8
sees '50%  2.0 KiB/4.0 KiB' 'it is live'
exec 8>&-
eventually 'it stays' eval 'look; [[ $screen == *"2.0 KiB/4.0 KiB"*$'"'\n'"'"shell>"* ]]'
is 'one line' 1 "$(grep -c '^data ' "$folder/screen")"
clear_screen
keys "headway pipe --name quietly -q </etc/passwd >/dev/null; echo over-\$?" Enter
sees 'over-0'
[[ $screen != *KiB* ]]
verdict $? 'no line with --quiet' "$screen"
clear_screen
keys "headway pipe --name stopped --total 1M <in >/dev/null" Enter
exec 8>"$folder/in"
head -c 1024 /dev/zero >&8
sees 'stopped  '
keys C-c
exec 8>&-
eventually '^C: the shell is on a line of its own' eval 'look; [[ $screen == *"1.0 KiB"*$'"'\n'"'"shell>"* ]]'
clear_screen

# ---- a terminal that becomes narrower wraps the line: no piece of it stays
is_alone() { # PATTERN: the line of the command narrow, which is the last on the screen
	look
	# shellcheck disable=SC2053 # a pattern is what it is
	[[ $(grep -c '^narrow  \|█' "$folder/screen") -eq 1 && $(grep . "$folder/screen" | tail -n 1) == $1 ]]
}
keys "cat in | headway pipe --name narrow --total 4k >/dev/null" Enter
exec 8>"$folder/in"
head -c 1024 /dev/zero >&8
eventually 'a line for 100 columns' is_alone 'narrow  █████░*  25%  1.0 KiB/4.0 KiB  *'
in_tmux resize-window -t t -x 40 -y 30
eventually 'for 40' is_alone 'narrow  25%  1.0 KiB/4.0 KiB*'
in_tmux resize-window -t t -x 20 -y 30
eventually 'for 20' is_alone 'narrow  25%*'
in_tmux resize-window -t t -x 100 -y 30
eventually 'for 100 again' is_alone 'narrow  █████░*  25%  1.0 KiB/4.0 KiB  *'
in_tmux resize-window -t t -x 60 -y 30
exec 8>&-
eventually 'and at its end' eval 'look; [[ $(grep -c "^narrow  " "$folder/screen") -eq 1 && $screen == *"1.0 KiB/4.0 KiB"*$'"'\n'"'"shell>"* ]]'
in_tmux resize-window -t t -x 100 -y 30
clear_screen

# ---- run
keys "headway run --name build --parse fraction sh -c 'echo step 1/4; read x <first; echo step 2/4; read x <second'" Enter
sees 'build  █████░░░░░░░░░░░░░░░  25%  1/4' 'the line is below the output'
eventually 'and its output above' eval 'look; [[ $screen == *$'"'\n'"'"step 1/4"*$'"'\n'"'"build "*  ]]'
echo >"$folder/first"
eventually 'the output goes on above' eval 'look; [[ $screen == *"step 1/4"*$'"'\n'"'"step 2/4"*$'"'\n'"'"build "*50%* ]]'
is 'one line' 1 "$(grep -c '^build ' "$folder/screen")"
echo >"$folder/second"
eventually 'the shell is below' eval 'look; [[ $screen == *"build "*$'"'\n'"'"shell>"* ]]'
clear_screen
keys "headway run --name copy sh -c 'read x <in; test -t 2 && echo is-terminal >&2' >/dev/null" Enter
sees 'copy  ' 'standard output elsewhere'
echo >"$folder/in"
sees 'is-terminal' 'standard error is still a terminal'
clear_screen
keys "headway run sh -c 'test -t 1 && stty size <&2; test -t 2; echo \$?'; echo over-\$?" Enter
sees 'over-0'
like 'a terminal of the same size' $'*\n30 100\n0\nover-0*' "$screen"
clear_screen
keys "headway run sh -c 'printf oops >&2; exit 3'; echo over-\$?" Enter
sees 'oopsover-3' 'no line where the command has the terminal'
is 'and it is kept' 'exit status 3: oops' \
	"$(headway dump --sort -started | head -n 1 | jq -r '.messages[] | select(.key == "Error").value')"
clear_screen
# tar prints nothing, and tells on a descriptor of its own: standard output must not keep the line away
printf '%s\n' '#!/bin/sh' 'test -t 1 && echo a-terminal' 'echo 400 >&3' 'read x <"$folder/first"' >"$folder/bin/tar"
chmod +x "$folder/bin/tar"
keys "folder=. PATH=\$PWD/bin:\$PATH headway run --parse=tar --total 8M tar cf x y" Enter
sees 'tar  █████████▊░░░░░░░░░░  48%  3.9 MiB/8.0 MiB' 'a line of one that is quiet'
like 'whose standard output is still a terminal' '*a-terminal*' "$screen"
echo >"$folder/first"
eventually 'it ends' eval 'look; [[ $screen == *"100%  8.0 MiB/8.0 MiB"*$'"'\n'"'"shell>"* ]]'
clear_screen
keys "headway run --unit ms --parse=fraction sh -c 'echo 6200/20000; read x <first; echo 71500/20000'" Enter
sees 'sh  ██████▏░░░░░░░░░░░░░  31%  6s/20s  ' 'milliseconds are times'
in_top() { [[ $(headway top --plain --count 1 --name "$1") == *"$2"* ]]; }
eventually 'in top, too' in_top sh '6s/20s'
echo >"$folder/first"
sees '1m11s/20s'
clear_screen
truncate -s 64M "$folder/big"
keys "headway run --watch sh -c 'head -c 16M <&3 >/dev/null; read x <first' 3<big" Enter
sees 'sh  █████░░░░░░░░░░░░░░░  25%  16.0 MiB/64.0 MiB' 'a line of one whose files are watched'
echo >"$folder/first"
eventually 'it ends, too' eval 'look; [[ $screen == *"100%  64.0 MiB/64.0 MiB"*$'"'\n'"'"shell>"* ]]'
clear_screen
keys "headway run --parse=percent sh -c 'echo 42%; read x <first'" Enter
sees 'sh  ████████▍░░░░░░░░░░░  42%  ' 'a percentage'
[[ $screen != *42/100* && $screen != */s* ]]
verdict $? 'is said once' "$screen"
headway start share --unit % --total 100 >"$folder/ids"
headway set "$(<"$folder/ids")" 51
eventually 'a percentage in top' in_top share ' 51% '
in_top share 51/100
verdict $((!$?)) 'is no fraction'
echo >"$folder/first"
sees '42%'
eventually 'the shell is back' eval 'look; [[ $screen == *$'"'\n'"'"shell>"* ]]'
clear_screen
keys "headway run cat" Enter
keys 'a line' Enter
eventually 'the keyboard is the command'"'"'s' eval 'look; [[ $screen == *"a line"*"a line"* ]]'
keys C-d
eventually 'until its end' eval 'look; [[ $screen == *"a line"*$'"'\n'"'"shell>"* ]]'
keys "headway run cat" Enter
keys 'x' Enter
eventually 'cat runs' eval 'look; [[ $screen == *$'"'\nx\nx'"'* ]]'
keys C-z
sees 'Stopped' '^Z'
keys fg Enter
keys C-c
eventually '^C' eval 'look; [[ $screen == *"^C"*"shell>"* ]]'
# ---- several on one terminal: a row for each
cat >"$folder/several" <<'END'
cd "$folder"
pipe() { exec headway pipe --name "$1" --total 4k <"$1" >/dev/null; }
pipe one & pipe two & pipe three &
wait
END
cat >"$folder/beside" <<'END'
cd "$folder"
headway pipe --name one --total 4k <one >/dev/null &
{ headway run --name build --parse fraction --total 4 sh -c \
	'read x <first; echo step 1/4; read x <second; echo step 2/4; read x <first; printf "no end" >&2; read x <second'; echo >ended; } &
wait
END
mkfifo "$folder/one" "$folder/two" "$folder/three"
has_rows() { # PATTERN: the names and percentages of the lines, in their order, and the text between
	look
	rows=$(sed -E 's/^(one|two|three|build) .* ([0-9]+%).*/\1 \2/' <<<"$screen" | tail -n +2 | tr -s '\n' ' ')
	# shellcheck disable=SC2053 # a pattern is what it is
	[[ $rows == $1 ]]
}
pid_of() { headway dump --status running --name "$1" | jq .owner.pid; }
clear_screen
keys "folder=. sh several; echo over" Enter
exec 5>"$folder/one"
head -c 1024 /dev/zero >&5
eventually 'the first line' has_rows 'one 25% '
exec 6>"$folder/two"
head -c 2048 /dev/zero >&6
eventually 'the second is below it' has_rows 'one 25% two 50% '
exec 7>"$folder/three"
head -c 2048 /dev/zero >&7
eventually 'and the third' has_rows 'one 25% two 50% three 50% '
head -c 2048 /dev/zero >&5
eventually 'the first goes on in its row' has_rows 'one 75% two 50% three 50% '
head -c 2048 /dev/zero >&7
exec 7>&-
eventually 'what is over stays above what runs' has_rows 'three 100% one 75% two 50% '
kill -STOP "$(pid_of two)"
head -c 1024 /dev/zero >&5
eventually 'a stopped one holds up nobody' has_rows 'three 100% one 100% two 50% '
kill -KILL "$(pid_of two)"
eventually 'nor does a killed one' has_rows '*one 100% one 100% '
exec 5>&- 6>&-
eventually 'the shell is below' has_rows '*one 100% over shell> '
clear_screen
keys "folder=. sh beside" Enter
exec 5>"$folder/one"
head -c 1024 /dev/zero >&5
eventually 'a line of each' has_rows 'build 0% one 25% '
echo >"$folder/first"
eventually 'the output of a command is above all lines' has_rows 'step 1/4 build 25% one 25% '
echo >"$folder/second"
eventually 'and goes on there' has_rows 'step 1/4 step 2/4 build 50% one 25% '
echo >"$folder/first"
eventually 'a part of a line, too' has_rows 'step 1/4 step 2/4 no end build 50% one 25% '
head -c 1024 /dev/zero >&5
eventually 'which is not drawn over' has_rows 'step 1/4 step 2/4 no end build 50% one 50% '
echo >"$folder/second"
eventually 'the command ends' test -e "$folder/ended"
exec 5>&-
eventually 'each has its last line' has_rows 'step 1/4 step 2/4 no end build 50% one 50% shell> '
clear_screen
keys "folder=. sh several" Enter
exec 5>"$folder/one"
head -c 1024 /dev/zero >&5
eventually 'a line' has_rows 'one 25% '
exec 6>"$folder/two"
head -c 1024 /dev/zero >&6
eventually 'two lines' has_rows 'one 25% two 25% '
keys C-z
sees Stopped
keys "headway pipe --name three --total 4k <three >/dev/null" Enter
exec 7>"$folder/three"
head -c 1024 /dev/zero >&7
eventually 'beside stopped ones, one' has_rows '*Stopped*three 25% '
exec 7>&-
eventually 'which ends below them' has_rows '*Stopped*three 25% shell> '
before=$screen
keys fg Enter
head -c 1024 /dev/zero >&5
head -c 1024 /dev/zero >&6
eventually 'they go on below' eval 'has_rows "*sh several*50% *50% "'
is 'and leave what was above' "$before" "${screen:0:${#before}}"
exec 5>&- 6>&-
finish
