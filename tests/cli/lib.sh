# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2016
# Functions shared by the tests of the command-line tool. Each test has an arena and a folder of its
# own, both removed at its end.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
export HEADWAY_ARENA=/headway-test-$$ LC_ALL=C.UTF-8
unset HEADWAY_PARENT NO_COLOR LANGUAGE
here=${BASH_SOURCE[1]%/*}
[[ $here == /* ]] || here=$PWD/$here
folder=$(mktemp -d) || exit 1
export XDG_STATE_HOME=$folder
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

# try COMMAND...: runs it; standard output, standard error and exit status go to $out, $err and
# $code
try() {
	"$@" >"$folder/out" 2>"$folder/err"
	code=$?
	out=$(<"$folder/out") err=$(<"$folder/err")
}

# count_lines: sets $lines to the number of lines on standard input, like wc, without starting a
# process
count_lines() {
	local all
	mapfile all
	lines=${#all[@]}
	[ "$lines" -eq 0 ] || [[ ${all[-1]} == *$'\n' ]] || lines=$((lines - 1))
}

# is DESCRIPTION EXPECTED ACTUAL: passes if both are equal
is() {
	[ "$2" = "$3" ]
	verdict $? "$1" "expected: $2" "got:      $3"
}

# like DESCRIPTION PATTERN TEXT: passes if TEXT matches the shell pattern
like() {
	# shellcheck disable=SC2053 # a pattern is what it is
	[[ $3 == $2 ]]
	verdict $? "$1" "expected: $2" "got:      $3"
}

# ok DESCRIPTION COMMAND...: passes if the command succeeds
ok() {
	local what=$1
	shift
	try "$@"
	verdict "$code" "$what" "exit $code: $err"
}

# fails DESCRIPTION CODE PATTERN COMMAND...: passes if the command exits with CODE, prints one line
# that matches to standard error, and nothing to standard output
fails() {
	local what=$1 expected=$2 pattern=$3
	shift 3
	try "$@"
	is "$what: exit status" "$expected" "$code"
	like "$what: message" "$pattern" "$err"
	count_lines <"$folder/err"
	is "$what: one line" 1 "$lines"
}

# pause SECONDS: sleeps without starting a process; nothing is ever written to this pipe
exec {silence}<> <(:)
pause() { read -rt "$1" -u "$silence" _ || :; }

# eventually DESCRIPTION COMMAND...: passes if the command succeeds within a minute, long enough for
# a loaded machine
eventually() {
	local what=$1 end=$((SECONDS + 60)) came=1
	shift
	while [ $SECONDS -lt $end ]; do
		"$@" >"$folder/out" 2>"$folder/err" && came=0 && break
		pause 0.05
	done
	verdict $came "$what" "never: $*"
}

# view DUMP-OPTION|ID...: sets $record to the full view of the first record that headway dump prints
view() {
	try headway dump --format ndjson "$@"
	record=${out%%$'\n'*}
}

# record_has DESCRIPTION PART...: passes if $record contains the parts. Text inside a string cannot
# be mistaken for a field, since its quotes are escaped.
record_has() {
	local what=$1 part missing=''
	shift
	for part; do [[ $record == *"$part"* ]] || missing+=" $part"; done
	[ -z "$missing" ]
	verdict $? "$what" "missing:$missing" "got:     $record"
}

# view_has DESCRIPTION ID PART...: passes if the full view of the record contains the parts
view_has() {
	view "$2"
	record_has "$1" "${@:3}"
}

# in_view DUMP-OPTION|ID... PART: true if the full view of the first record contains the part
in_view() {
	view "${@:1:$#-1}"
	[[ $record == *"${!#}"* ]]
}

# contains TEXT FILE: true if the file contains the text
contains() { [[ $(<"$2") == *"$1"* ]]; }

# field ID FILTER: prints the result of the jq filter on the full view of the record
field() { headway dump --format ndjson "$1" | jq -r "$2"; }

# has_status ID STATUS
has_status() { [ "$(field "$1" .status)" = "$2" ]; }

# holds FILTER: true if the jq filter prints true (jq -e would accept empty input)
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
