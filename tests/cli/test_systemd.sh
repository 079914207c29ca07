#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway-reap.service: the commands of the unit, with defaults and with an administrator's
# settings; and the related files, checked by those programs that are installed.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
units=$here/../../tools/cmd
unit=$units/headway-reap.service

# Runs a command line of the unit as the service manager does, with the program under test:
# variables are split into words, and settings of the administrator override those of the unit.
setting() { sed -n "s/^Environment=\"\?$1=\([^\"]*\)\"\?\$/\1/p" "$unit"; }
command_of() { # KEY
	sed -n "s/^$1=//p" "$unit" | sed "s|/usr/local/bin/headway|'$BIN/headway'|"
}
HEADWAY_INIT_OPTIONS=$(setting HEADWAY_INIT_OPTIONS) HEADWAY_REAP_OPTIONS=$(setting HEADWAY_REAP_OPTIONS)
init=$(command_of ExecStartPre) reap=$(command_of ExecStart)
like 'it makes an arena' "'$BIN/headway' init *" "$init"
like 'and reaps' "'$BIN/headway' reap *" "$reap"
like 'a group may read' '--mode 640 --group headway' "$HEADWAY_INIT_OPTIONS"
if ! getent group headway >/dev/null || [ "$(id -u)" -ne 0 ]; then
	HEADWAY_INIT_OPTIONS=${HEADWAY_INIT_OPTIONS/ headway/ $(id -g)}
fi
like 'it repeats' '--every *' "$HEADWAY_REAP_OPTIONS"
export HEADWAY_INIT_OPTIONS HEADWAY_REAP_OPTIONS

# The machine's own arena is not touched: the settings name another, as /etc/default/headway may.
ok 'makes the arena' sh -c "exec $init"
is 'for a group' 640 "$(stat -c %a "/dev/shm$HEADWAY_ARENA")"
ok 'makes it once' sh -c "exec $init"
like 'and leaves it then' 'there is already *' "$out"
sleep 60 &
owner=$!
id=$(headway start job --owner $owner)
kill -KILL $owner
wait $owner 2>/dev/null
sh -c "exec $reap" >"$folder/log" 2>"$folder/talk" &
pid=$!
eventually 'marks what is lost' grep -q '1 record lost' "$folder/log"
is 'for everybody' 'Error true' "$(field "$id" '"\(.status) \(.lost)"')"
kill -TERM $pid
wait $pid
is 'ends well' 0 $?
is 'says nothing else' '' "$(cat "$folder/talk")"
headway rm "$HEADWAY_ARENA" --force
HEADWAY_INIT_OPTIONS="--mode 660 --slots 64 --bytes 2M"
ok 'with settings' sh -c "exec $init"
is 'they count' '660 64' "$(stat -c %a "/dev/shm$HEADWAY_ARENA") $(headway info --json | jq .slots)"

# The files, checked by the programs that read them.
complaints() { grep -vE "not executable|'man |^\$" "$1"; }
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify "$unit" >"$folder/verify" 2>&1
	is 'systemd-analyze verify' '' "$(complaints "$folder/verify")"
	if systemd-analyze security --help 2>/dev/null | grep -q -- --offline; then
		systemd-analyze security --offline=true --threshold=20 "$unit" >"$folder/security" 2>&1
		is 'little is left to take away' 0 $?
	fi
fi
mkdir -p "$folder/root/etc" "$folder/root/dev/shm"
if command -v systemd-sysusers >/dev/null; then
	ok 'systemd-sysusers' systemd-sysusers --root="$folder/root" "$units/headway.sysusers"
	is 'makes user and group' 'headway headway' "$(cut -d : -f 1 "$folder/root/etc/passwd" | grep headway) $(
		cut -d : -f 1 "$folder/root/etc/group" | grep headway)"
fi
if command -v systemd-tmpfiles >/dev/null; then
	# With a cleaning rule such as an administrator may have; 0 means files of any age.
	echo 'd /dev/shm - - - 0' >"$folder/age.conf"
	touch "$folder/root/dev/shm/headway-old" "$folder/root/dev/shm/other"
	try systemd-tmpfiles --root="$folder/root" --clean "$units/headway.tmpfiles" "$folder/age.conf"
	is 'systemd-tmpfiles leaves arenas alone' headway-old "$(ls "$folder/root/dev/shm")"
	is 'and has nothing to say' '' "$err"
fi
finish
