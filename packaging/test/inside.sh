#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs a step in a bare system that tests/fresh/outside.sh mounted for packaging/test.sh: inside.sh STEP.
#   prepare  install what a build needs
#   offline  build there, without a network, as an ordinary user
#   equip    on another system: install and purge the tool alone; install what the rest needs
#   start    there, without a network: `use`, under systemd where it can run
#   use      install, upgrade, use and purge what was built
# /source is the tree, or the result of `offline` in /out: old, new, and the tree of the source package.
# shellcheck disable=SC2046,SC2086 # names of packages and of their files are words
set -u
export DEBIAN_FRONTEND=noninteractive
checks=0 failures=0
say() { printf 'packages: %s\n' "$*"; }
verdict() { # CODE WHAT [DETAIL]
	checks=$((checks + 1))
	[ "$1" -ne 0 ] || return 0
	failures=$((failures + 1))
	printf 'FAILED: %s\n%s\n' "$2" "${3:-}"
	return 1
}
ok() { # WHAT COMMAND…
	local said
	said=$("${@:2}" 2>&1 </dev/null)
	verdict $? "$1" "$said"
}
is() { # WHAT EXPECTED GOT
	[ "$2" = "$3" ]
	verdict $? "$1" "  expected: $2"$'\n'"  got:      $3"
}
must() { # COMMAND…: ends the test if it fails
	local said
	said=$("$@" 2>&1 </dev/null) || { printf 'FAILED: %s\n%s\n' "$*" "$(tail -n 25 <<<"$said")"; exit 1; }
}
install() { must apt-get install -y --no-install-recommends "$@"; }
as() { # USER COMMAND…
	setpriv --reuid "$1" --regid "$1" --init-groups env -i HOME="/home/$1" USER="$1" PATH=/usr/bin:/bin \
		LANG=C.UTF-8 TERM=dumb HEADWAY_ARENA="${HEADWAY_ARENA:-}" "${@:2}"
}

prepare() {
	must apt-get update
	install dpkg-dev
	must mkdir -p /tmp/needs && cp -r /source/packaging/debian /tmp/needs/debian
	must sh -c 'cd /tmp/needs && apt-get build-dep -y --no-install-recommends ./'
	rm -rf /tmp/needs
	must useradd -m -s /bin/bash builder
	say 'what a build needs is installed'
}

offline() {
	local version
	version=$(cat /source/VERSION)
	must mkdir -p /out/old /out/new
	must chown -R builder: /out
	must as builder env DEB_BUILD_OPTIONS="parallel=$(nproc)" /source/packaging/deb.sh --in /home/builder/new /out/new
	grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' /out/new/build.log | grep -q ' 0 failed, 0 skipped$'
	verdict $? 'the tests of the build' "$(grep -E '^skip|^FAIL|passed' /out/new/build.log)"
	must as builder env DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" /source/packaging/deb.sh --version 0.0.9 \
		--in /home/builder/old /out/old
	is 'a build leaves nothing in /dev/shm' '' "$(ls -A /dev/shm)"
	must cp -r "/home/builder/new/headway-$version" /out/tree
	must rm -rf /out/tree/build /out/tree/debian/{tmp,headway,headway-httpd,headway-relay,libheadway0,libheadway-dev,python3-headway}
	say "built without a network: $(grep -E '^[0-9]+ passed' /out/new/build.log)"
}

# ---- use -----------------------------------------------------------------------------------------

# Everything a package may leave: names of files, and the content of the account files.
listing() {
	find / -xdev \( -path /proc -o -path /sys -o -path /source -o -path /var/cache/apt -o -path /var/lib/apt \
		-o -path /var/log -o -path /tmp -o -path /run \) -prune -o -print |
		grep -vE '^/var/lib/dpkg/(available|status)-old$|^/said$'
	find /dev/shm /etc/systemd /run/systemd/system -xdev 2>/dev/null
	sed 's|^|/etc/passwd: |' /etc/passwd
	sed 's|^|/etc/group: |' /etc/group
}
ours='libheadway0 libheadway-dev headway headway-httpd headway-relay python3-headway'
packages() { # FOLDER NAME…: their files
	local name
	for name in "${@:2}"; do echo "$1/${name}"_*.deb; done
}
version_of() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null; }

# needs PACKAGE…: the packages that apt would install for them, except those under test
needs() {
	apt-get install -s --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -v headway
}

# Only the tool, as in a container.
bare() {
	local before files
	mapfile -t files < <(packages /source/new headway libheadway0)
	install $(needs "${files[@]}")
	before=$(listing)
	install "${files[@]}"
	is 'no service manager is pulled in' '' "$(dpkg-query -W -f '${Status}' systemd 2>/dev/null | grep ' installed$')"
	ok 'the user is there' getent passwd headway
	ok 'the tool runs' as tester headway --version
	must apt-get purge -y headway libheadway0
	is 'nothing is left of it' '' "$(diff <(sort <<<"$before") <(listing | sort))"
}

equip() {
	must apt-get update
	must useradd -m -s /bin/bash tester
	bare
	install $(needs $(packages /source/new $ours) systemd) systemd curl jq g++ gcc libc6-dev pkg-config iproute2 procps nats-server
}

start() {
	local code
	ip link set lo up
	if [ "${1:-}" = managed ] && mount -t cgroup2 cgroup2 /sys/fs/cgroup; then
		cat >/etc/systemd/system/packages.service <<-U
			[Unit]
			After=basic.target
			Wants=basic.target
			[Service]
			Type=oneshot
			ExecStart=/bin/bash /inside.sh use
			ExecStopPost=/bin/sh -c 'echo \$EXIT_STATUS >/code; exec systemctl --force --force poweroff'
			StandardOutput=append:/said
			StandardError=append:/said
		U
		export container=headway
		exec /lib/systemd/systemd --unit=packages.service --show-status=false --log-target=null
	fi
	bash /inside.sh use >/said 2>&1
	code=$?
	echo "NOTE systemd can't run here: the services were not started" >>/said
	echo "$code" >/code
}

await() { # WHAT COMMAND…: waits up to a minute until it succeeds
	local i
	for ((i = 0; i < 600; i++)); do "${@:2}" >/dev/null 2>&1 && return 0; sleep 0.1; done
	verdict 1 "$1" "never came true: ${*:2}"
}
active() { systemctl is-active "$@" | paste -sd ' '; }

units() {
	local unit
	for unit in headway-reap.service headway-httpd.service headway-httpd.socket headway-relay.service; do
		is "$unit: systemd-analyze verify" '' "$(systemd-analyze verify "$unit" 2>&1 | grep -F "$unit" | grep -v 'man ')"
	done
	ok 'headway-reap.service has little to lose' systemd-analyze security --offline=true --threshold=20 headway-reap.service
	ok 'nor has headway-httpd.service, but a network' systemd-analyze security --offline=true --threshold=25 \
		headway-httpd.service
	ok 'nor has headway-relay.service' systemd-analyze security --offline=true --threshold=25 headway-relay.service
}

# A running command, a running record, a reader and the services survive; settings are kept.
upgrade() {
	local runner reader id file name before started='headway-reap.service headway-httpd.service' processes=''
	install $(packages /source/old $ours)
	is 'the version before' 'headway 0.0.9 0.0.9-1' "$(as tester headway --version) $(version_of headway)"
	before=$(dpkg -L $ours | sort -u)
	must sed -i 's|^#HEADWAY_INIT_OPTIONS=.*|HEADWAY_INIT_OPTIONS=--mode 640 --group headway --slots 64|' /etc/default/headway
	export HEADWAY_ARENA=/headway-upgrade
	id=$(as tester headway start import)
	as tester headway run --name meanwhile -- sh -c 'until [ -e /tmp/go ]; do sleep 0.1; done' &
	runner=$!
	# Without a shell in between, so that $! is the reader itself.
	setpriv --reuid tester --regid tester --init-groups headway-httpd --listen unix:/tmp/reader.sock 2>/dev/null &
	reader=$!
	await 'the old reader' curl -fsS --unix-socket /tmp/reader.sock "http://localhost/_/status/$id"
	[ -z "$managed" ] || {
		must systemctl enable headway-reap.service
		must systemctl start $started
		processes=$(systemctl show -p MainPID $started | grep .)
	}

	install $(packages /source/new $ours)
	is 'all are upgraded' "$(for file in $(packages /source/new $ours); do dpkg-deb -f "$file" Version; done)" \
		"$(for name in $ours; do version_of "$name"; echo; done)"
	is 'to this version' "headway $(cat /source/tree/VERSION)" "$(as tester headway --version)"
	is 'settings stay' 1 "$(grep -c '^HEADWAY_INIT_OPTIONS=.*--slots 64$' /etc/default/headway)"
	is 'ldconfig knows the new library' "libheadway.so.$(cat /source/tree/VERSION)" \
		"$(basename "$(readlink -f "$(ldconfig -p | sed -n 's/.*libheadway\.so\.0 .*=> //p')")")"
	is 'nothing of the old one is left' '' "$(comm -23 <(echo "$before") <(dpkg -L $ours | sort -u) |
		while read -r path; do [ ! -e "$path" ] || echo "$path"; done)"
	ok 'a reader that runs goes on' curl -fsS --unix-socket /tmp/reader.sock "http://localhost/_/status/$id"
	touch /tmp/go
	wait "$runner"
	is 'a command that runs does, too' Finished \
		"$(as tester headway dump --format json --name meanwhile | jq -r '.[0].status')"
	ok 'a record that was started before is finished after' as tester headway finish "$id"
	[ -z "$managed" ] || {
		is 'the services run again' 'active active' "$(active $started)"
		is 'as other processes' '' "$(systemctl show -p MainPID $started | grep . | grep -xF "$processes")"
		is 'with the settings' 64 "$(as headway env HEADWAY_ARENA=/headway headway info --json | jq .slots)"
		is 'what was enabled is' 'enabled disabled' "$(systemctl is-enabled $started | paste -sd ' ')"
	}
	kill "$reader"
	wait "$reader"
	as tester headway rm "$HEADWAY_ARENA"
	rm -f /tmp/go /tmp/reader.sock
	unset HEADWAY_ARENA
}

remove() {
	[ -z "$managed" ] || {
		must systemctl start headway-reap.service headway-httpd.service
		must apt-get remove -y $ours
		is 'a removal ends the services' '' "$(pgrep -l headway)"
		is 'settings outlive it' 3 "$(find /etc/default -name 'headway*' | wc -l)"
	}
	must dpkg --purge $ours
}

use() {
	local name before
	managed=''
	[ ! -d /run/systemd/system ] || managed=1
	# Makes systemd's own programs create their files before the listing.
	systemd-analyze verify basic.target >/dev/null 2>&1
	before=$(listing)
	upgrade
	is 'files are complete' '' "$(dpkg --verify $ours | grep -v ' c /etc/default/headway$')"
	is 'pages are where man looks' '' "$(for name in 1/headway 1/headway-run 3/headway_start 5/headway-arena 7/headway \
		8/headway-httpd 8/headway-relay; do [ -e "/usr/share/man/man${name%/*}/${name#*/}.${name%/*}.gz" ] || echo "$name"; done)"
	for name in library tool httpd python; do
		# shellcheck disable=SC2016
		ok "the test '$name' of the packages" as tester sh -c 'cd /source/tree && exec "debian/tests/$1"' sh "$name"
	done
	units
	[ -z "$managed" ] || {
		must systemctl disable --now headway-reap.service headway-httpd.service
		for name in service relay; do
			rm -f /dev/shm/headway
			# shellcheck disable=SC2016
			ok "the test '$name' of the packages" sh -c 'cd /source/tree && exec "debian/tests/$1"' sh "$name"
		done
	}
	as tester headway history --forget --all # what that user ran is the user's, not the packages'
	rm -rf /home/tester/.local
	remove
	is 'nothing is left' '' "$(diff <(sort <<<"$before") <(listing | sort))"
	is 'nor running' '' "$(pgrep -l headway)"
}

"$@"
[ "$1" != start ] || exit 0
say "$1: $checks checks, $failures failed"
[ "$failures" -eq 0 ]
