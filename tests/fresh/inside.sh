#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The first process of a fresh system: runs the README's two commands and checks what they leave.
# inside.sh RUN USER MAKE-ARGUMENTS. Exit code: 0 passed, 1 failed, 3 the mirror could not be
# reached.
set -u
run=$1 user=$2 read_arguments=$3
read -ra arguments <<<"$read_arguments"
failures=0
say() { printf 'fresh: %s\n' "$*"; }
fail() { say "FAILED: $*"; failures=$((failures + 1)); }

mirror_failed() { grep -qE 'Temporary failure resolving|Could not connect|Connection (failed|timed out|refused)|Failed to fetch|Some index files failed' "$1"; }

# as_user COMMAND…: runs it in the user's environment, as after a login
as_user() {
	if [ "$user" = root ]; then
		env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/bash PATH="$PATH" LANG=C.UTF-8 TERM=dumb "$@"
	else
		setpriv --reuid "$user" --regid "$user" --init-groups env -i HOME="/home/$user" USER="$user" LOGNAME="$user" \
			SHELL=/bin/bash PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TERM=dumb "$@"
	fi
}

make_user() {
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update && apt-get install -y --no-install-recommends sudo; } >/tmp/sudo.log 2>&1 </dev/null ||
		{ tail -n 5 /tmp/sudo.log; exit 3; }
	useradd -m -s /bin/bash "$user" && echo "$user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/fresh || exit 3
	rm -f /tmp/sudo.log
}
home=/root
[ "$user" = root ] || home=/home/$user
[ "$user" = root ] || id "$user" >/dev/null 2>&1 || make_user

tree=$home/headway
clone() {
	chown -R "$user" /source
	as_user git clone -q /source "$tree" || exit 1
}
# Without a network the packages that are only unpacked are kept from the previous run.
if [ -d "$tree" ]; then as_user make -C "$tree" -s clean; else clone; fi

# ---- the two commands ----------------------------------------------------------------------------

: >/var/log/fresh-started
log=$(mktemp /var/log/fresh.XXXXXX) || exit 1
for goal in demo check; do
	say "make $goal"
	start=$SECONDS
	as_user make -C "$tree" --no-print-directory "$goal" "${arguments[@]}" </dev/null 2>&1 | tee "$log"
	code=${PIPESTATUS[0]}
	say "make $goal: exit $code after $((SECONDS - start)) s"
	[ "$code" -eq 0 ] && continue
	fail "make $goal"
	[ "$run" != offline ] && mirror_failed "$log" && exit 3
done

# ---- what came of it -----------------------------------------------------------------------------

# named_in_readme TEST: true if tests/README.md says that it may be skipped on this system
named_in_readme() { sed -n '/^## Skipped/,/^## [^S]/p' "$tree/tests/README.md" 2>/dev/null | grep -qF "\`$1\`"; }
grep -qE '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' "$log" || fail 'no totals without a failure'
while read -r _ test _; do
	named_in_readme "${test##*tests/}" || fail "$test was skipped, and tests/README.md does not name it"
done < <(grep -E '^skip ' "$log")

left=$(ls -A /dev/shm)
[ -z "$left" ] || fail "left in /dev/shm: $left"

systemd=/run/systemd/systemd-units-load # systemd-analyze always leaves this folder
# The installation of packages is the last step that may change other files; tests have made what is
# newer.
since=/var/log/fresh-started
[ "$run" = offline ] || [ ! /var/log/apt/history.log -nt "$since" ] || since=/var/log/apt/history.log
changed=$(find / -xdev \( -path "$tree" -o -path /var/cache/apt -o -path /var/lib/apt -o -path /var/log \) -prune -o \
	! -type d -cnewer "$since" -print | grep -vxF "$systemd")
[ -z "$changed" ] || fail "files outside the tree changed: $(head -n 20 <<<"$changed")"
folders=$(find /tmp /var/tmp /run "$home" -xdev -path "$tree" -prune -o -mindepth 1 -type d -cnewer "$since" -print |
	grep -vxF "${systemd%/*}")
[ -z "$folders" ] || fail "folders outside the tree were made: $(head -n 20 <<<"$folders")"

# All processes of this namespace except this one.
processes() {
	local at command
	left=''
	for at in /proc/[0-9]*; do
		[ "${at#/proc/}" != $$ ] && command=$(tr '\0' ' ' 2>/dev/null <"$at/cmdline") && left+="${at#/proc/} $command;"
	done
}
for ((i = 0; i < 20; i++)); do # a process that was told to end may take a moment
	processes
	[ -n "$left" ] || break
	read -rt 0.5 <> <(:)
done
[ -z "$left" ] || fail "processes are left: $left"

rm -f "$log"
[ "$failures" -eq 0 ] && say 'passed' && exit 0
say "$failures failures"
exit 1
