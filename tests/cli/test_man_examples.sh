#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The examples of all manual pages run, as a reader would copy them from the terminal: mandoc
# renders each page, and the indented lines under EXAMPLES are run by the shell. Each page has an
# arena and a folder of its own, and $id is a Running record. System names (/headway, /srv, /backup,
# /run, port 8080, the group) are replaced by names of the test.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need mandoc curl
root=$(cd "$here/../.." && pwd)
pages=("$root"/tools/headway.1 "$root"/tools/cmd/*.1 "$root"/httpd/*.8)
mapfile -t with < <(grep -l '^\.Sh EXAMPLES' "${pages[@]}")

examples() { # PAGE
	mandoc -T ascii -O width=200 "$1" | sed 's/.\x08//g' | awk '/^[A-Z]/ { on = $0 == "EXAMPLES"; next }
		on { print substr($0, 1, 11) ~ /[^ ]/ ? "" : substr($0, 12) }'
}

# ---- programs ------------------------------------------------------------------------------------

mkdir "$folder/bin"
# Ends a command that would run until it is interrupted after two seconds.
cat >"$folder/bin/headway" <<'P'
#!/bin/bash
case " $* " in
*' top '* | *' watch '* | *' --every '* | *' --follow '*) ;;
*) exec "$BIN/headway" "$@" ;;
esac
timeout --preserve-status -s INT 2 "$BIN/headway" "$@"
code=$?
[ $code -eq 0 ] || [ $code -eq 130 ]
P
cat >"$folder/bin/headway-httpd" <<'P'
#!/bin/bash
exec timeout --preserve-status -s TERM 2 "$BIN/headway-httpd" "$@"
P
# There is no service manager here: only checks that the unit exists.
cat >"$folder/bin/systemctl" <<P
#!/bin/bash
for last; do :; done
compgen -G "$root/tools/*/\$last.service" >/dev/null
P
command -v rsync >/dev/null || cat >"$folder/bin/rsync" <<'P'
#!/bin/bash
for argument; do
	shift
	[[ $argument == --* ]] || set -- "$@" "$argument"
done
exec cp "$@"
P
# What would change the machine does nothing here.
for name in apt apt-get dpkg dnf pacman reboot shutdown sudo; do printf '#!/bin/bash\n' >"$folder/bin/$name"; done
command -v make >/dev/null || printf '#!/bin/bash\n' >"$folder/bin/make"
chmod +x "$folder"/bin/*
export BIN PATH=$folder/bin:$PATH HOME=$folder/home USER=${USER:-$(id -un)}

# ---- each page -----------------------------------------------------------------------------------

as_here() { # replaces names of the system
	sed -E -e "s#(^| )/headway\>#\1$HEADWAY_ARENA#g" -e "s#(^|[ >:])/(srv|backup|run)\>#\1$work/\2#g" \
		-e "s#127\.0\.0\.1:8080#127.0.0.1:${port:-0}#; s#/ID\?#/$id?#" \
		-e "s#--group [a-z]+#--group $(id -gn)#; s#--bytes 128M#--bytes 16M#"
}

end_when_cancelled() {
	until [[ $(headway dump --format ndjson "$id") != *'"cancel_requested":null'* ]]; do pause 0.05; done
	headway finish "$id"
}

prepare() { # NAME: a folder with files, and a record
	work=$folder/$1
	mkdir -p "$work"/{srv,backup,run,files} "$HOME/.zsh"
	echo text >"$work/srv/index.html"
	cp "$work/srv/index.html" "$work/files/one"
	cp "$work/srv/index.html" "$work/files/two and a half"
	cd "$work/files" || exit 1
	case $1 in
	headway-init.1) return ;;
	headway-pipe.1) echo image >base.img ;;
	headway-results.1) echo '{"summary": {"files": 7}}' >report.json ;;
	headway-run.1) printf 'all:\n\t@echo "[ 50%%] half of it"\n' >Makefile ;;
	esac
	id=$(headway start job --counter skipped --total 10)
	export id
	case $1 in
	headway-cancel.1) end_when_cancelled & ;;
	headway-watch.1)
		for name in gzip rsync; do
			cp "$(command -v sleep)" "$work/$name"
			"$work/$name" 60 &
			watched+=($!)
		done
		;;
	headway-wait.1 | headway-httpd.8) headway finish "$id" ;;
	esac
}

# Checks the effect of a page's examples.
outcome() { # NAME
	case $1 in
	headway.1) in_view --name 'nightly backup' '/srv/www/index.html"}]' ;;
	headway-cancel.1) view_has "$1" "$id" '"status":"Finished"' '"reason":"disk is full"' ;;
	headway-watch.1) in_view --name gzip '"name":"gzip"' && in_view --name rsync '"name":"rsync"' ;;
	headway-add.1) view_has "$1" "$id" '"done":1' '"skipped":1' ;;
	headway-completion.1) [ -s "$HOME/.zsh/_headway" ] ;;
	headway-error.1) view_has "$1" "$id" '"value":"disk full after 300 files"' ;;
	headway-feed.1) eventually "$1" has_status "$id" Finished && view_has "$1" "$id" '"done":2' '"two and a half"' ;;
	headway-finish.1) view_has "$1" "$id" '"results":{"ok":true}' ;;
	headway-message.1) view_has "$1" "$id" '{"key":"Step","value":"copying"}' '/srv/www/index.html"' ;;
	headway-pipe.1) [ "$(gzip -dc base.img.gz)" = image ] && tar tf ../backup/srv.tar >/dev/null ;;
	headway-results.1) view_has "$1" "$id" '"results":{"files":7}' ;;
	headway-run.1) in_view --name backup '"status":"Finished"' ;;
	headway-set.1) view_has "$1" "$id" '"done":250,"total":1000' '"skipped":3' ;;
	headway-start.1) in_view --name 'nightly backup' '"done":2' ;;
	headway-url.1) view_has "$1" "$id" '"url":"https://ci.example.org/jobs/4711"' ;;
	headway-rm.1) [ ! -e "/dev/shm$HEADWAY_ARENA" ] ;;
	esac
}

# after NAME LINE: checks the effect of one line of a page, where the next line would hide it
after() {
	case "$1 $2" in
	'headway-message.1 '*Step' '*) view_has "$1" "$id" '{"key":"Step","value":"copying 3 of 7"}' ;;
	'headway-results.1 headway'*) view_has "$1" "$id" '"results":{"files":1200,"errors":0}' ;;
	esac
}

run_code() { # NAME CODE
	case $2 in
	*'| source') # for fish
		! command -v fish >/dev/null || ok "$1: $2" fish -c "$2"
		ok "$1: $2" sh -c "${2%| source} | grep -q complete"
		return
		;;
	esac
	ok "$1: $2" bash -eu -o pipefail -c "$2"
	after "$1" "$2"
}

# is_one_script CODE: true if its lines depend on each other
is_one_script() {
	local line
	[[ $1 != id=* ]] || return 0
	while IFS= read -r line; do bash -n <<<"$line" 2>/dev/null || return 0; done <<<"$1"
	return 1
}

run_blocks() { # NAME; reads code from standard input, with empty lines between blocks
	local block line
	while IFS= read -r -d '' block; do
		blocks=$((blocks + 1))
		if is_one_script "$block"; then
			run_code "$1" "$block"
		else
			while IFS= read -r line; do run_code "$1" "$line"; done <<<"$block"
		fi
	done < <(awk -v RS= '{ printf "%s%c", $0, 0 }')
}

run_page() { # PAGE
	local name=${1##*/} server='' port='' id='' work blocks=0 watched=()
	rm -f "/dev/shm$HEADWAY_ARENA"
	prepare "$name"
	if [ "$name" = headway-httpd.8 ]; then
		"$BIN/headway-httpd" --listen 127.0.0.1:0 2>"$work/log" &
		server=$!
		eventually 'a server' grep -q 'listening on http' "$work/log"
		port=$(sed -n 's|.*listening on http://[^:]*:\([0-9]*\)/.*|\1|p' "$work/log")
	fi
	run_blocks "$name" < <(examples "$1" | as_here)
	[ "$blocks" -gt 0 ]
	verdict $? "$name has examples"
	[ -z "$server" ] || { kill "$server" && wait "$server"; }
	[ ${#watched[@]} -eq 0 ] || kill "${watched[@]}"
	outcome "$name"
	verdict $? "$name: what its examples have done" "$(command headway dump --format json 2>&1)"
	cd "$folder" || exit 1
}

for page in "${with[@]}"; do run_page "$page"; done
is 'every command has examples' '' "$(comm -23 <(printf '%s\n' "$root"/tools/cmd/*.1 | sort) <(printf '%s\n' "${with[@]}" | sort))"
finish
