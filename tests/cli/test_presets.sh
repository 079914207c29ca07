#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway run --parse=NAME: what programs print is understood, which options are added to a command, and
# that those who talk to a terminal only get one.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "${0%/*}/lib.sh"
headway init --slots 64 --bytes 2M >/dev/null
last() { headway dump --sort -started | head -n 1 | jq -r "$1"; }
progress() { last '"\(.done) \(.total) \(.unit)"'; }

# Captured from the real programs: see presets/capture.sh.
ok 'the fixtures, cut at every byte' "$BIN/tests/tools/presets" "$here/presets/fixtures"
[ "$code" -eq 0 ] || printf '%s\n' "$out"

# Programs that only say how they were called, and print what one is told.
mkdir "$folder/bin"
for program in rsync curl wget apt-get dpkg git tar ffmpeg xz zstd dd pv parallel docker borg restic rclone cargo e2fsck sudo mytool; do
	printf '#!/bin/sh\necho "$@" >"%s/words"\n[ -z "$PRINTS" ] || printf "$PRINTS"\n[ -z "$SAYS" ] || printf "$SAYS" >&2\nexit $ENDS\n' "$folder" >"$folder/bin/$program"
done
chmod +x "$folder"/bin/*
export PATH=$folder/bin:$PATH PRINTS='' SAYS='' ENDS=0
called() { # DESCRIPTION WORDS RUN-WORDS...: so the command is called
	headway run "${@:3}" >/dev/null 2>&1
	is "$1" "$2" "$(<"$folder/words")"
}
called rsync '--info=progress2 --no-inc-recursive -a x y' --parse=rsync rsync -a x y
called 'rsync that has its own' '-a --info=name x y' --parse=rsync rsync -a --info=name x y
called 'rsync -P' '-aP x y' --parse=rsync rsync -aP x y
called 'nothing with --as-is' '-a x y' --parse=rsync --as-is rsync -a x y
called 'a name that follows is the command' '--info=progress2 --no-inc-recursive -a x y' --parse rsync -a x y
called 'a name and a command' '--info=progress2 --no-inc-recursive -a x y' --parse rsync rsync -a x y
called 'a name and --' '--info=progress2 --no-inc-recursive -a x y' --parse rsync -- rsync -a x y
called 'auto' '--info=progress2 --no-inc-recursive -a x y' --parse=auto rsync -a x y
called 'auto, behind another command' 'rsync -a x y' --parse sudo rsync -a x y
called apt '-o APT::Status-Fd=3 -y install x' --parse=apt apt-get -y install x
called 'apt that has its own' '-o APT::Status-Fd=7 install x' --parse=apt apt-get -o APT::Status-Fd=7 install x
called dpkg '--status-fd=3 -i a.deb' --parse=dpkg dpkg -i a.deb
called git '-C there clone --progress url' --parse=git git -C there clone url
called 'git that has no such option' 'log x' --parse=git git log x
called 'tar, behind its words' 'xf a.tar --checkpoint=5000 --checkpoint-action=exec=echo $TAR_CHECKPOINT >&3' --parse=tar tar xf a.tar
called 'tar, before --' 'cf a.tar --checkpoint=5000 --checkpoint-action=exec=echo $TAR_CHECKPOINT >&3 -- x' --parse=tar tar cf a.tar -- x
called ffmpeg '-progress pipe:3 -i x y' --parse=ffmpeg ffmpeg -i x y
called zstd '--progress x' --parse=zstd zstd x
called dd 'if=x status=progress' --parse=dd dd if=x
called 'dd that is told' 'if=x status=none' --parse=dd dd if=x status=none
called 'docker build' 'build --progress=plain .' --parse=docker docker build .
called 'docker pull' 'pull x' --parse=docker docker pull x
called e2fsck '-C3 -f x' --parse=fsck e2fsck -f x
is 'the record tells the command as it was given' 'e2fsck -f x' "$(last '.messages[] | select(.key == "Command").value')"

# What dd is going to copy, by its words; GNU dd counts bytes where a number has a B.
copies() { # TOTAL WORDS...
	headway run --parse=dd dd "${@:2}" 2>/dev/null
	is "dd ${*:2}" "5000000 $1 bytes" "$(progress)"
}
SAYS='5000000 bytes (5 MB, 4.8 MiB) copied, 1 s, 5 MB/s\n' ENDS=1
truncate -s 64M "$folder/input"
copies 0 of=x
copies 10485760 bs=1M count=10
copies 20000000 bs=1M count=20MB
copies 20971520 bs=1M count=20MiB
copies 20000000 bs=1M count=20000000B
copies 20000000 bs=1M count=20000000 iflag=fullblock,count_bytes
copies 10240000 count=20000
copies 20480000 ibs=1K obs=4K count=20000
copies 67108864 if="$folder/input"
copies 66108864 if="$folder/input" bs=4K skip=1MB
copies 10485760 if="$folder/input" bs=1M count=10 skip=1M iflag=skip_bytes
copies 0 if="$folder/input" bs=2x512 count=9
copies 0 if="$folder/input" count=2x100000
copies 0 bs=1M count=99999999999999
copies 5000000 bs=1K count=10 # it has copied more than was expected
ENDS=0
copies 5000000 bs=1M count=10 # it has ended well, and says how much that was
SAYS=''
is 'the real dd' '20000000 20000000 bytes' "$(PATH=${PATH#*:} headway run --parse=dd \
	dd if=/dev/zero of=/dev/null bs=1M count=20MB 2>/dev/null; progress)"

try headway run --parse=tar --total 3000 tar cf a.tar
is 'tar: an end that is well, without a number' '3000 3000 bytes' "$(progress)"
is 'tar: a short one is no reason for a warning' '' "$err"
headway run --parse=tar --total 3000 sh -c 'echo "tar: Write checkpoint 1" >&2' 2>/dev/null
is 'tar: more than was expected' '10240 3000 bytes' "$(progress)"

SAYS='\nf        10%%[>     ] 100K  1MB/s  \rf        45%%[==>   ] 900K  1MB/s  \r' ENDS=1
headway run --parse=wget wget -q --show-progress url 2>/dev/null
is 'wget -q --show-progress' '45 100 %' "$(progress)"
headway run --parse=wget wget -qO- --show-progress url 2>/dev/null
is 'wget -qO- --show-progress' '45 100 %' "$(progress)"
headway run --parse=wget wget -Oqq --show-progress url 2>/dev/null
is 'wget -Oqq: a file' '0 0 bytes' "$(progress)"
SAYS='    0K ..... ..... 40%%\n  100K .... ... 100%%\n    0K ..... ..... 20%%\n'
headway run --parse=wget wget -q --show-progress url url 2>/dev/null
is 'wget -q --show-progress, the second of two' '120 200 %' "$(progress)"
SAYS='' ENDS=0

# pv without a size counts, and the numbers of -n are no percentages then.
counts() { # EXPECTED WORDS...: from a pipe
	cat /dev/null | headway run --parse=pv "${@:2}" 2>/dev/null
	is "${*:2} without a size" "$1" "$(progress)"
}
SAYS='30.0MiB 0:00:01 [29.0MiB/s] [<=>      ]\r40.0MiB 0:00:02 [ 10MiB/s] [ <=>     ]\r' ENDS=1
counts '41943040 0 bytes' pv
counts '41943040 0 bytes' pv -
counts '0 0 %' pv -s 50M # as if it knew, but has not told
SAYS='     to: 9.00 B 0:00:01 [9.00 B/s] [<=>   ]\r'
counts '9 0 bytes' pv -N to
SAYS='12.3k 0:00:01 [ 10k/s] [<=>   ]\r'
counts '12300 0 lines' pv -l
SAYS='2\n4\n'
counts '0 0 %' pv -n
counts '4 0 bytes' pv -nb
counts '0 0 %' pv -nbt
headway run --parse=pv pv -n "$folder/input" 2>/dev/null
is 'pv -n with a size' '4 100 %' "$(progress)"
SAYS='30.0MiB 0:00:01 [29.0MiB/s] [<=>      ]\r'
headway run --parse=pv --total 60M pv - 2>/dev/null
is 'pv: of the total that is given' '31457280 62914560 bytes' "$(progress)"
is 'the real pv' '10485760 0 bytes' "$(PATH=${PATH#*:}; head -c 10M /dev/zero | headway run --parse=pv pv 2>/dev/null >/dev/null; progress)"
SAYS='' ENDS=0

PRINTS='     100  10%%    1MB/s 0:00:01\r     500  50%%  1MB/s 0:00:01 (xfr#1, to-chk=1/4)\n'
headway run --parse rsync a b >/dev/null
is 'rsync: an end that is well is all' '100 100 %' "$(progress)"
headway run --parse=rsync --total 1000 sh -c 'rsync; false' >/dev/null
is 'of the total that is given' '750 1000 files' "$(progress)"
headway run --parse --name guessed sh -c 'rsync; exit 3' >/dev/null
is 'auto by the output: files' '3 4 ' "$(progress)"
is 'auto: the exit status' 3 "$(last '.messages[] | select(.key == "Exit status").value')"
PRINTS='20%% of nothing 3/7 (4/5)\n'
try headway run --parse mytool
is 'auto: rather nothing than something wrong' '0 0 ' "$(progress)"
is 'auto: and nothing is said' '' "$err"
try headway run --parse=rsync mytool
like 'a preset that finds nothing is told' "headway run: warning: --parse: 'rsync' found no number*--parse=rsync --help" "$err"
ENDS=1
try headway run --parse=rsync mytool
is 'not of a command that has failed: it says what is wrong' '1 ' "$code $err"
ENDS=0
try headway run --parse=git git clone url
is 'nor of one that may have nothing to do' '0 ' "$code $err"

PRINTS=''
headway run --parse=git sh -c 'printf "Receiving objects:  50%% (5/10)\rResolving deltas:  20%% (2/10)\r" >&2; false' 2>/dev/null
is 'git: phases have shares' '83 100 %' "$(progress)"
is 'git: the phase is a message' 'Resolving deltas' "$(last '.messages[] | select(.key == "Phase").value')"
script='echo "dlstatus:1:50.0:x" >&5; echo "pmstatus:x:25:x" >&5; echo 77%; ls /proc/self/fd >&2; false'
headway run --parse=apt --parse-fd 5 sh -c "$script" >"$folder/out" 2>"$folder/err"
is '--parse-fd' '125 200 %' "$(progress)"
is '--parse-fd: the output is untouched' 77% "$(<"$folder/out")"
headway run --parse=percent --parse-fd 9 sh -c 'echo 5% >&9; echo 77%; false' >/dev/null
is '--parse-fd with a pattern' '5 100 ' "$(progress)"
fails 'a descriptor in use' 2 'headway run: --parse-fd: descriptor 4 is in use*' bash -c "'$BIN/headway' run --parse=apt --parse-fd=4 true 4>/dev/null"
fails 'a descriptor alone' 2 'headway run: --parse-fd needs --parse*' headway run --parse-fd 5 true
fails 'one that is standard' 2 "headway run: --parse-fd: '2' is out of range*" headway run --parse=apt --parse-fd 2 true
fails 'an unknown preset' 2 "headway run: --parse: 'rsycn' has no group*did you mean 'rsync'*" headway run --parse=rsycn true

# --pty
is '--pty: a terminal' 'yes yes' "$(headway run --pty sh -c 'test -t 1 && echo yes; test -t 2 && echo yes' | xargs)"
is '--pty: of a size' '24 80' "$(headway run --pty sh -c 'stty size <&1' </dev/null)"
headway run --pty sh -c 'exit 7' >/dev/null
is '--pty: the exit status' 7 $?
head -c 1000000 /dev/urandom >"$folder/random"
is '--pty: bytes pass unchanged' "$(sha256sum <"$folder/random")" "$(headway run --pty cat "$folder/random" | sha256sum)"
headway run --parse=xz sh -c 'test -t 2; echo $?; test -t 1; echo $?' >"$folder/out" 2>/dev/null
is 'xz: only standard error is one' '0 1' "$(xargs <"$folder/out")"
fails '--pty and --direct' 2 'headway run: --direct leaves no output*' headway run --pty --direct true

for name in $(headway run --help | sed -n '/Presets:/,/^Exit/p' | sed 's/.*Presets://; /^Exit/d; s/\.$//'); do
	try headway run --parse="$name" --help
	like "--parse=$name --help" "headway run --parse=$name COMMAND*" "$out"
done
finish
