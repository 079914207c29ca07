#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the README's two commands on systems that have only git, make and gcc: see usage below.
set -u
usage() {
	cat <<-'U'
		usage: tests/fresh.sh [OPTION]… [SYSTEM]… [RUN]…
		Make a minimal system, clone HEAD into it, run `make demo` and `make check` there.

		SYSTEM  debian12 (the default), debian13, ubuntu2404, or all-systems
		RUN     root     as root
		        user     as an ordinary user who has sudo, in a system of its own
		        offline  once more without a network, in the system and as the user of the run before
		        all      the three of them, in this order (the default)
		--chroot      in a chroot, where the kernel allows no user namespaces; else the system is the root
		--commit REV  test this commit instead of HEAD
		--make ARGS   more arguments to make: --make 'WERROR=1'
		--log FOLDER  keep each run's whole output there
		--prepare     make the systems, run nothing

		A run passes when both commands do, no test failed, none was skipped that tests/README.md does not
		name, no file outside the clone changed, and nothing stays in /dev/shm, in /tmp or among the processes.

		Needs root and a mirror. HEADWAY_FRESH_CACHE is where the systems and packages are kept (about 2 GB a
		system; ${TMPDIR:-/tmp}/headway-fresh). HEADWAY_FRESH_DEBIAN and HEADWAY_FRESH_UBUNTU name mirrors.
		Exit code: 0 all passed, 1 one did not, 2 wrong usage, 3 a system could not be made or reached.
	U
}
top=$(cd "${0%/*}/.." && pwd) || exit 1
cache=${HEADWAY_FRESH_CACHE:-${TMPDIR:-/tmp}/headway-fresh}
systems=() runs=() commit=HEAD make_arguments='' logs='' prepare='' enter=pivot
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	--chroot) enter=chroot ;;
	--prepare) prepare=1 ;;
	--commit | --make | --log)
		[ $# -ge 2 ] || { echo "fresh: $1 needs a value; --help tells more" >&2; exit 2; }
		case $1 in --commit) commit=$2 ;; --make) make_arguments=$2 ;; --log) logs=$2 ;; esac
		shift
		;;
	debian12 | debian13 | ubuntu2404) systems+=("$1") ;;
	all-systems) systems=(debian12 debian13 ubuntu2404) ;;
	root | user | offline) runs+=("$1") ;;
	all) runs=(root user offline) ;;
	*) echo "fresh: unknown argument '$1'; --help tells what there is" >&2; exit 2 ;;
	esac
	shift
done
[ ${#systems[@]} -gt 0 ] || systems=(debian12)
[ ${#runs[@]} -gt 0 ] || runs=(root user offline)
[ "$(id -u)" -eq 0 ] || { echo 'fresh: only root may make a system; run it with sudo' >&2; exit 3; }

say() { printf 'fresh: %s\n' "$*"; }
unmade() { say "$*" >&2; exit 3; }
work=''
clean_up() { # repeated while a namespace that was ended still exists
	[ -z "$work" ] || rm -rf --one-file-system "$work" 2>/dev/null || { sleep 2 && rm -rf --one-file-system "$work"; }
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# ---- the systems ---------------------------------------------------------------------------------

mirror_of() { # ORIGIN FALLBACK: prints the mirror that this machine uses for it
	local uri
	uri=$(apt-get indextargets --format '$(REPO_URI)' "Origin: $1" "Label: $1" 2>/dev/null | head -n 1)
	echo "${uri:-$2}"
}

# Ubuntu's keys are in a package of Ubuntu and of Debian 13; Debian's own keys are installed on
# Debian.
ubuntu_keys() { # sets $keys
	local from=$cache/keys options
	keys=/usr/share/keyrings/ubuntu-archive-keyring.gpg
	[ ! -e "$keys" ] || return 0
	keys=$from$keys
	[ ! -e "$keys" ] || return 0
	mkdir -p "$from/lists/partial" "$from/archives/partial" && : >"$from/status" || return 1
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $debian trixie main" >"$from/sources.list"
	options=(-o "Dir::Etc::SourceList=$from/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State=$from" -o "Dir::State::Lists=$from/lists" -o "Dir::State::Status=$from/status"
		-o "Dir::Cache=$from" -o APT::Sandbox::User=root)
	(cd "$from" && apt-get "${options[@]}" update && apt-get "${options[@]}" download ubuntu-keyring &&
		dpkg -x ubuntu-keyring_*.deb .) >"$from/log" 2>&1 || { tail -n 5 "$from/log"; return 1; }
	[ -e "$keys" ]
}

# A complete system may have lost files since, when old files in /tmp were deleted.
is_whole() { # BASE
	[ -s "$1/made" ] && [ "$(<"$1/made")" = "$(count_files "$1/root")" ]
}
count_files() { find "$1" | wc -l; }

# Makes a folder with the system, once.
make_system() { # SYSTEM
	local base=$cache/$1 options=(--variant=minbase '--include=apt,git,make,gcc,ca-certificates'
		--dpkgopt=force-unsafe-io) suite mirror proxy keys start=$SECONDS
	! is_whole "$base" || return 0
	case $1 in
	debian12) suite=bookworm mirror=$debian ;;
	debian13) suite=trixie mirror=$debian ;;
	ubuntu2404)
		suite=noble mirror=$ubuntu
		ubuntu_keys || unmade 'no keys of Ubuntu: install ubuntu-keyring'
		options+=('--components=main,universe' "--keyring=$keys")
		;;
	esac
	proxy=$(apt-config dump --format '%v%n' Acquire::http::Proxy 2>/dev/null)
	[ -z "$proxy" ] || options+=("--aptopt=Acquire::http::Proxy \"$proxy\"")
	say "making $1 from $mirror in $base; this takes some minutes"
	rm -rf --one-file-system "$base" && mkdir -p "$base/archives/partial" || exit 1
	# mmdebstrap mounts this machine's /dev/shm and more into the folder: a mount namespace
	# undoes that.
	unshare --mount --pid --fork --kill-child --propagation private \
		mmdebstrap "${options[@]}" "$suite" "$base/root" "$mirror" >"$base/log" 2>&1 </dev/null || {
		tail -n 5 "$base/log" >&2
		unmade "$1 could not be made"
	}
	count_files "$base/root" >"$base/made"
	say "made $1 in $((SECONDS - start)) s"
}

# ---- a run ---------------------------------------------------------------------------------------

# The test runs in the system as a script of its own, the first process of its pid namespace.
run() { # SYSTEM RUN
	local base=$cache/$1 log=$logs/$1-$2.log code start=$SECONDS namespaces=(--mount --pid --ipc --uts)
	if [ "$2" != offline ] || [ ! -d "$work/system" ]; then
		rm -rf --one-file-system "$work/system" && mkdir -p "$work/system"/{upper,overlay,root,archives,overlay2} || return 1
		user=root
		[ "$2" != user ] || user=tester
	fi
	say "$1, $2: as $user"
	[ "$2" != offline ] || namespaces+=(--net)
	unshare "${namespaces[@]}" --fork --kill-child --propagation private \
		bash "$top/tests/fresh/outside.sh" "$enter" "$base" "$work" "$2" "$user" "$make_arguments" \
		</dev/null 2>&1 | tee "$log" | grep --line-buffered -vE '^  (CC|LD|AR|GO)  '
	code=${PIPESTATUS[0]}
	mv -n "$work"/system/archives/*.deb "$base/archives/" 2>/dev/null
	totals=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log" | tail -n 1)
	summary+=("$(printf '%-10s %-8s %-6s %4d s  %s' "$1" "$2" "$([ "$code" -eq 0 ] && echo passed || echo FAILED)" \
		$((SECONDS - start)) "${totals:-no totals}")")
	[ "$code" -ne 3 ] || unreached=1
	return "$code"
}

main() { # bash reads it completely before it runs, so this file may be edited meanwhile
PATH=$PATH:/usr/sbin:/sbin
unshare --mount --pid --ipc --uts --net --fork true || unmade 'no namespaces may be made here'
"$top/tests/deps.sh" --missing-only mmdebstrap git util-linux || exit 3
mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 1
exec {lock}>"$cache/lock"
flock "$lock"
# Removes folders of runs that were killed; a living run holds the lock of its folder.
find "$cache" -maxdepth 1 -name 'run.*' -mmin +180 -exec flock -n {} rm -rf --one-file-system {} \;
work=$(mktemp -d "$cache/run.XXXXXX") || exit 1
exec {alive}<"$work"
flock "$alive"
debian=${HEADWAY_FRESH_DEBIAN:-$(mirror_of Debian http://deb.debian.org/debian)}
ubuntu=${HEADWAY_FRESH_UBUNTU:-$(mirror_of Ubuntu http://archive.ubuntu.com/ubuntu)}
for system in "${systems[@]}"; do make_system "$system"; done
exec {lock}>&-
[ -z "$prepare" ] || exit 0

logs=${logs:-$work}
mkdir -p "$logs" && logs=$(cd "$logs" && pwd) || exit 1
git clone -q --bare --no-local "$top" "$work/headway.git" && rev=$(git -C "$top" rev-parse --verify "$commit^{commit}") &&
	git -C "$work/headway.git" update-ref refs/heads/fresh "$rev" &&
	git -C "$work/headway.git" symbolic-ref HEAD refs/heads/fresh || exit 1
say "commit $(git -C "$top" log -1 --format='%h %s' "$rev")"
[ -z "$(git -C "$top" status --porcelain --untracked-files=no)" ] || say 'note: what is not committed is not tested'
summary=() failed=0 unreached='' user=root
for system in "${systems[@]}"; do
	rm -rf --one-file-system "$work/system"
	for run in "${runs[@]}"; do run "$system" "$run" || failed=1; done
done
echo
printf '%s\n' "${summary[@]}"
[ -z "$unreached" ] || exit 3
exit "$failed"
}
main
