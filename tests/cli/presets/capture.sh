#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Capture anew what the programs of the presets print: capture.sh [NAME...]
# Each fixture is what one program wrote to one descriptor; fixtures/index tells how it was called.
# truth.py then finds in it, with expressions of its own, what the program had done at each byte.
# Needs root for nothing.  apt-get install rsync curl wget ffmpeg git ninja-build make cmake
# python3-pytest python3-pytest-xdist parallel pv zstd xz-utils tar borgbackup restic rclone e2fsprogs
# dpkg-dev; cargo and docker where they are there.
set -u
cd "$(dirname "$0")" || exit 1
here=$PWD
fixtures=$here/fixtures
work=$(mktemp -d) || exit 1
export LC_ALL=C.UTF-8 RESTIC_PASSWORD=x COLUMNS=80
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
only=" $* "
cd "$work" || exit 1

# capture NAME PRESET STREAM COMMAND...: descriptor STREAM of the command becomes the fixture.
capture() {
	local name=$1 preset=$2 stream=$3
	shift 3
	[[ $only == '  ' || $only == *" $name "* || $only == *" $preset "* ]] || return 0
	command -v "$1" >/dev/null || { echo "$name: no $1 here, the fixture stays" >&2; return 0; }
	case $stream in
	1) "$@" 2>said </dev/null >"$fixtures/$name" ;;
	2) "$@" 2>"$fixtures/$name" <"${input:-/dev/null}" >/dev/null ;;
	3) "$@" 3>"$fixtures/$name" </dev/null >said 2>&1 ;;
	tty) script -qec "$(printf '%q ' "$@")" typescript >/dev/null </dev/null
		sed '1d; $d' typescript | head -c -1 >"$fixtures/$name" ;;
	esac
	[ -s "$fixtures/$name" ] || { echo "$name: nothing was written" >&2; cat said >&2; }
	sed -i "/^$name /d" "$fixtures/index" 2>/dev/null
	echo "$name $preset ${stream/tty/2} $*" >>"$fixtures/index"
}
wanted() { # NAME...: any of these fixtures or presets
	[[ $only == '  ' ]] && return 0
	local name
	for name; do [[ $only == *" $name"[-\ ]* ]] && return 0; done
	return 1
}

mkdir files
for i in 1 2 3 4 5 6 7 8; do head -c $((i * 60000)) /dev/urandom >files/f$i; done
head -c 4000000 /dev/urandom >big

capture rsync-overall rsync 1 rsync -a --info=progress2 --no-inc-recursive --bwlimit=700 files/ to1/
capture rsync-files rsync 1 rsync -a --progress --no-inc-recursive --bwlimit=1500 files/ to2/

if wanted curl wget; then
	python3 -u -c "import http.server
s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print(s.server_port)
s.serve_forever()" >port 2>/dev/null &
	server=$!
	until [ -s port ]; do sleep 0.1; done
	url=http://127.0.0.1:$(<port)
	capture curl-table curl 2 curl --limit-rate 700k -o /dev/null "$url/big"
	capture curl-bar curl 2 curl -# --limit-rate 1500k -o /dev/null "$url/big"
	capture curl-two curl 2 curl --limit-rate 1M "$url/big" -o a "$url/files/f8" -o b
	capture wget-dots wget 2 wget --limit-rate=1500k -O /dev/null "$url/files/f8"
	capture wget-bar wget 2 wget --progress=bar:force --limit-rate=1500k -O /dev/null "$url/big"
	capture wget-two wget 2 wget -O /dev/null "$url/files/f3" "$url/files/f8"
	kill "$server"
	server=''
fi

if wanted ffmpeg; then
	ffmpeg -v error -f lavfi -i testsrc=s=640x360:d=30 -c:v mpeg4 -y in.avi
	capture ffmpeg-classic ffmpeg 2 ffmpeg -hide_banner -y -i in.avi -c:v mpeg4 -threads 1 -vf scale=1280:720 out.avi
	capture ffmpeg-part ffmpeg 2 ffmpeg -hide_banner -y -ss 5 -t 20 -i in.avi -c:v mpeg4 -threads 1 -vf scale=1280:720 out.avi
	capture ffmpeg-progress ffmpeg 2 ffmpeg -hide_banner -y -progress pipe:2 -nostats -i in.avi -c:v mpeg4 -threads 1 -vf scale=1280:720 out.avi
fi

if wanted git; then
	git init -q one && git init -q --bare two.git
	for i in $(seq 40); do seq "$i" $((i + 90)) >one/f$i; done
	commit() { git -C one add . && git -C one -c user.name=x -c user.email=x@x commit -qm x; }
	commit
	for i in $(seq 40); do echo "$i" >>one/f$i; done
	commit
	capture git-clone git 2 git clone --progress "file://$work/one" three
	capture git-push git 2 git -C one push --progress "file://$work/two.git" HEAD:refs/heads/x
fi

if wanted ninja cmake; then
	{
		printf 'rule cc\n command = sleep 0.01; touch $out\n description = CC $out\n'
		for i in $(seq 60); do echo "build o$i: cc"; done
	} >build.ninja
	capture ninja-build ninja 1 ninja -j4
fi
if wanted make cmake; then
	mkdir -p project/src
	for i in $(seq 30); do echo "int f$i(void){return $i;}" >project/src/f$i.c; done
	echo 'cmake_minimum_required(VERSION 3.10)
project(p C)
file(GLOB all src/*.c)
add_library(p STATIC ${all})' >project/CMakeLists.txt
	cmake -S project -B made -G 'Unix Makefiles' >/dev/null
	cmake -S project -B ninjas -G Ninja >/dev/null
	capture make-cmake make 1 make -C made -j2
	capture cmake-ninja cmake 1 cmake --build ninjas
fi
if wanted cargo; then
	for i in $(seq 12); do
		mkdir -p crates/c$i/src
		printf '[package]\nname = "c%s"\nversion = "0.1.0"\nedition = "2018"\n[dependencies]\n' "$i" >crates/c$i/Cargo.toml
		[ "$i" -eq 1 ] || echo "c$((i - 1)) = { path = \"../c$((i - 1))\" }" >>crates/c$i/Cargo.toml
		echo >crates/c$i/src/lib.rs
	done
	export CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80
	capture cargo-build cargo 2 cargo build --offline --manifest-path crates/c12/Cargo.toml
fi
if wanted pytest; then
	mkdir tests
	for i in 1 2 3 4; do
		printf 'import pytest\n@pytest.mark.parametrize("i", range(30))\ndef test_%s(i): assert i != 7\n' "$i" >tests/test_$i.py
	done
	capture pytest-quiet pytest 1 pytest -q --tb=no -p no:cacheprovider tests
	capture pytest-verbose pytest 1 pytest -v --tb=no -p no:cacheprovider tests
	capture pytest-xdist pytest 1 pytest -v --tb=no -p no:cacheprovider -n 2 tests
fi
if wanted parallel; then
	capture parallel-bar parallel 2 parallel --will-cite --bar -j2 'sleep 0.1;:' ::: $(seq 8)
	capture parallel-eta parallel 2 parallel --will-cite --eta -j2 'sleep 0.1;:' ::: $(seq 8)
fi

wanted dd && { # slow enough to be seen
	mkfifo fifo
	{ pv -qL 1500k big >fifo & }
	capture dd-pipe dd 2 dd if=fifo of=/dev/null bs=4000 count=1000 iflag=fullblock status=progress
}
capture pv-bar pv 2 pv -f -L 1M -i 0.3 -w 70 big
capture pv-numbers pv 2 pv -n -L 1M -i 0.3 big
wanted pv && {
	mkfifo unsized
	cat big >unsized &
	input=unsized capture pv-bytes pv 2 pv -f -L 1M -i 0.3 -w 70 -
}
capture pv-lines pv 2 pv -f -l -L 4k -i 0.3 -w 70 big
capture zstd-file zstd 2 zstd -f --progress -19 -T1 big -o big.zst
capture xz-terminal xz tty xz -v -k -f -3 -T1 files/f8 files/f7
wanted tar && {
	tar cf files.tar files
	capture tar-own tar 3 tar xf files.tar -O --checkpoint=20 --checkpoint-action='exec=echo $TAR_CHECKPOINT >&3'
	capture tar-text tar 2 tar xOf files.tar --checkpoint=20
}

if wanted borg; then
	export BORG_BASE_DIR=$work
	borg init -e none b.borg 2>/dev/null
	capture borg-create borg 2 borg create --progress --log-json b.borg::a files
	mkdir to && cd to || exit 1
	capture borg-extract borg 2 borg extract --progress ../b.borg::a
	capture borg-json borg 2 borg extract --progress --log-json ../b.borg::a
	cd ..
fi
if wanted restic; then
	export RESTIC_PROGRESS_FPS=20
	restic -q init -r r >/dev/null
	capture restic-text restic 1 restic -r r --no-cache backup files big
	capture restic-check restic 1 restic -r r --no-cache check --read-data
	rm -rf r && restic -q init -r r >/dev/null
	capture restic-json restic 1 restic -r r --no-cache backup --json files big
fi
capture rclone-line rclone 2 rclone copy files to3 --bwlimit 1M --stats 300ms --stats-one-line --stats-log-level NOTICE
capture rclone-progress rclone 1 rclone copy files to4 --bwlimit 2M -P --stats 300ms
capture rclone-json rclone 2 rclone copy files to5 --bwlimit 2M --stats 500ms --use-json-log --stats-log-level NOTICE

wanted mkfs fsck && {
	truncate -s 2G image
	capture mkfs-ext4 mkfs 1 mkfs.ext4 -F -E lazy_itable_init=0 image
	capture fsck-own fsck 3 e2fsck -f -p -C 3 image
}

if wanted apt dpkg; then
	mkdir -p debs root/var/lib/dpkg/{info,updates,triggers} apt/lists/partial apt/archives/partial
	: >root/var/lib/dpkg/status
	for i in 1 2 3 4; do
		mkdir -p p$i/DEBIAN p$i/opt/p$i
		printf 'Package: p%s\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n' "$i" >p$i/DEBIAN/control
		head -c 300000 /dev/urandom >p$i/opt/p$i/data
		dpkg-deb --root-owner-group -b p$i debs/p${i}_1_all.deb >/dev/null
	done
	capture dpkg-install dpkg 3 dpkg --root="$work/root" --log=/dev/null --status-fd=3 -i debs/p1_1_all.deb debs/p2_1_all.deb debs/p3_1_all.deb debs/p4_1_all.deb
	rm -rf root && mkdir -p root/var/lib/dpkg/{info,updates,triggers} && : >root/var/lib/dpkg/status
	(cd debs && dpkg-scanpackages -m . 2>/dev/null >Packages)
	echo "deb [trusted=yes] copy:$work/debs ./" >sources
	printf '%s\n' "Dir::State \"$work/apt\";" "Dir::State::status \"$work/root/var/lib/dpkg/status\";" \
		"Dir::Cache \"$work/apt\";" "Dir::Etc::sourcelist \"$work/sources\";" 'Dir::Etc::sourceparts "-";' \
		'APT::Sandbox::User "root";' "Dir::Log \"$work\";" 'DPkg::Pre-Install-Pkgs "";' \
		"DPkg::Options { \"--root=$work/root\"; \"--log=/dev/null\"; };" >apt.conf
	export APT_CONFIG=$work/apt.conf
	apt-get update >/dev/null 2>&1
	capture apt-install apt 3 apt-get -o APT::Status-Fd=3 -y install p1 p2 p3 p4
fi
sed -i "s|$work|/tmp/work|g" "$fixtures"/*
sort -o "$fixtures/index" "$fixtures/index"
"$here/truth.py" "$fixtures"
