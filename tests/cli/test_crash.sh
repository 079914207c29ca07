#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Writers are killed repeatedly in the middle of their work: their records name the dead process,
# and the arena leaks nothing.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
rounds=${HEADWAY_TEST_ROUNDS:-2}
headway init --slots 64 --members 32 --bytes 1M >/dev/null

for ((round = 1; round <= rounds; round++)); do
	pids=()
	for i in 1 2 3; do
		yes "$round.$i" | "$BIN/headway" pipe --name "victim-$round-$i" >/dev/null 2>&1 &
		pids+=($!)
	done
	# A writer that only sets messages, and is killed between or during two of them.
	(
		me=$BASHPID
		id=$(headway start --owner $me "script-$round")
		n=0
		while :; do headway message "$id" Step $((n += 1)); done
	) 2>/dev/null &
	script=$!
	eventually "round $round: all at work" eval '
		[ "$(headway dump -s running -n "victim-'$round'-*" | jq -c "select(.done > 0)" | wc -l)" -eq 3 ] &&
		headway dump -n "script-'$round'" | holds ".version > 3"'
	for pid in "${pids[@]}" $script; do kill -KILL "$pid"; done
	wait "${pids[@]}" $script 2>/dev/null
	ok "round $round: reap" headway reap
	for i in 1 2 3; do
		is "round $round: victim $i tells who died" \
			"Error true owner died (pid ${pids[i - 1]}, headway)" \
			"$(headway dump -n "victim-$round-$i" |
				jq -r '"\(.status) \(.lost) " + (.messages[] | select(.key == "Error").value)')"
	done
	like "round $round: the script tells who died" "Error owner died (pid $script, *" \
		"$(headway dump -n "script-$round" |
			jq -r '.status + " " + (.messages[] | select(.key == "Error").value)')"
done
is 'nobody is left' '0 0' "$(headway info --json | jq -r '"\(.members_alive) \(.members_dead)"')"
is 'nothing runs' '' "$(headway dump -s running)"
is 'every victim is lost' "$((4 * rounds))" "$(headway dump -s lost | wc -l)"
# A message command may still run for a moment after the script that started it was killed.
eventually 'nothing is leaked, damaged or in transit' eval 'headway fsck --json |
	holds ".leaked == 0 and .damaged == 0 and .in_transit == 0"'
id=$(headway start after)
ok 'and work goes on' headway finish "$id"
finish
