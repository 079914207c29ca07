# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2016
# What the tests of the command-line tool share.  Each test has an arena and a folder of its own,
# both gone at its end.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
export HEADWAY_ARENA=/headway-test-$$ LC_ALL=C.UTF-8
unset HEADWAY_PARENT NO_COLOR LANGUAGE
here=${BASH_SOURCE[1]%/*}
[[ $here == /* ]] || here=$PWD/$here
folder=$(mktemp -d) || exit 1
checks=0 failures=0
out='' err='' code=0 lines=0 record=''
: "$here"

headway() { "$BIN/headway" "$@"; }

clean_up() { rm -rf "$folder" "/dev/shm${HEADWAY_ARENA:?}"; }
trap clean_up EXIT

verdict() { # CODE DESCRIPTION [DETAIL...]
	local failed=$1 what=$2
	shift 2
	checks=$((checks + 1))
	[ "$failed" -eq 0 ] && return 0
	failures=$((failures + 1))
	printf 'FAILED: %s\n' "$what"
	[ $# -eq 0 ] || printf '  %s\n' "$@"
	return 1
}

# try COMMAND...: runs it; its output, talk and exit status are in $out, $err and $code.
try() {
	"$@" >"$folder/out" 2>"$folder/err"
	code=$?
	out=$(<"$folder/out") err=$(<"$folder/err")
}

# count_lines: those of standard input into $lines, as wc does, without a process.
count_lines() {
	local all
	mapfile all
	lines=${#all[@]}
	[ "$lines" -eq 0 ] || [[ ${all[-1]} == *$'\n' ]] || lines=$((lines - 1))
}

# is DESCRIPTION EXPECTED ACTUAL: are the same.
is() {
	[ "$2" = "$3" ]
	verdict $? "$1" "expected: $2" "got:      $3"
}

# like DESCRIPTION PATTERN TEXT: TEXT matches the shell pattern.
like() {
	# shellcheck disable=SC2053 # a pattern is what it is
	[[ $3 == $2 ]]
	verdict $? "$1" "expected: $2" "got:      $3"
}

# ok DESCRIPTION COMMAND...: succeeds.
ok() {
	local what=$1
	shift
	try "$@"
	verdict "$code" "$what" "exit $code: $err"
}

# fails DESCRIPTION CODE PATTERN COMMAND...: ends with CODE, says one line that matches, no output.
fails() {
	local what=$1 expected=$2 pattern=$3
	shift 3
	try "$@"
	is "$what: exit status" "$expected" "$code"
	like "$what: message" "$pattern" "$err"
	count_lines <"$folder/err"
	is "$what: one line" 1 "$lines"
}

# pause SECONDS: sleeps, without a process: nothing is ever said in this pipe.
exec {silence}<> <(:)
pause() { read -rt "$1" -u "$silence" _ || :; }

# eventually DESCRIPTION COMMAND...: succeeds within a minute, which a loaded machine may need.
eventually() {
	local what=$1 end=$((SECONDS + 60)) came=1
	shift
	while [ $SECONDS -lt $end ]; do
		"$@" >"$folder/out" 2>"$folder/err" && came=0 && break
		pause 0.05
	done
	verdict $came "$what" "never: $*"
}

# view DUMP-OPTION|ID...: the full view of the first record that headway dump prints, into $record.
view() {
	try headway dump --format ndjson "$@"
	record=${out%%$'\n'*}
}

# record_has DESCRIPTION PART...: the parts are in $record.  What is in a string cannot be taken for a
# field, as its quotes are escaped.
record_has() {
	local what=$1 part missing=''
	shift
	for part; do [[ $record == *"$part"* ]] || missing+=" $part"; done
	[ -z "$missing" ]
	verdict $? "$what" "missing:$missing" "got:     $record"
}

# view_has DESCRIPTION ID PART...: the parts are in the view of the record.
view_has() {
	view "$2"
	record_has "$1" "${@:3}"
}

# in_view DUMP-OPTION|ID... PART: the part is in the view of the first record.
in_view() {
	view "${@:1:$#-1}"
	[[ $record == *"${!#}"* ]]
}

# contains TEXT FILE: there is the text in the file.
contains() { [[ $(<"$2") == *"$1"* ]]; }

# field ID FILTER: what jq finds in the full view of a record.
field() { headway dump --format ndjson "$1" | jq -r "$2"; }

# has_status ID STATUS
has_status() { [ "$(field "$1" .status)" = "$2" ]; }

# holds FILTER: what jq makes of standard input is true (jq -e is content with no input at all).
holds() { [ "$(jq "$1")" = true ]; }

need() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || {
			echo "skipped: no $program"
			exit 77
		}
	done
}

finish() {
	echo "$checks checks, $failures failed"
	[ "$failures" -eq 0 ] && [ "$checks" -gt 0 ]
	exit
}
need jq
