#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A failed write of output is always reported; --help, --version and usage errors.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
headway init --slots 64 --bytes 2M >/dev/null
id=$(headway start job)

for command in dump info fsck reap 'dump -f table' 'dump -f json' help --version 'dump --help' init; do
	# shellcheck disable=SC2086 # words
	headway $command >/dev/full 2>"$folder/err"
	is "$command to a full disk: exit status" 1 $?
	like "$command to a full disk: told" '*cannot write to standard output: No space left*' \
		"$(<"$folder/err")"
	# shellcheck disable=SC2086
	headway $command >&- 2>"$folder/err"
	is "$command to a closed output: exit status" 1 $?
	like "$command to a closed output: told" '*cannot write to standard output: Bad file*' \
		"$(<"$folder/err")"
done
for _ in {1..20}; do headway start -m "filler=$(printf '%*s' 10000 x)" >/dev/null; done
{ headway dump 2>"$folder/err"; echo $? >"$folder/code"; } | head -n 1 >/dev/null
is 'a reader that goes away: exit status' 1 "$(<"$folder/code")"
is 'a reader that goes away: nothing to say' '' "$(<"$folder/err")"
headway message "$id" a b >&- 2>&- <&-
is 'what has no output needs none' 0 $?
is 'all streams closed' b "$(field "$id" '.messages[0].value')"

like 'version' "headway $(cat "$here/../../VERSION")" "$(headway --version)"
try headway help
is 'help: exit status' 0 "$code"
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' <<<"$out")
is 'every command is there' "$(printf '%s\n' add cancel completion dump error feed finish fsck help history info init message \
	pipe reap results rm run set start top url wait watch)" "$(sort <<<"$commands")"
for command in $commands; do
	ok "$command --help" headway "$command" --help
	like "$command --help: usage" "Usage: headway $command*" "$out"
	like "$command --help: arena" '*--arena NAME*' "$out"
	wide=''
	while IFS= read -r line; do [ ${#line} -le 100 ] || wide+=$line; done <<<"$out"
	is "$command --help: narrow enough" '' "$wide"
	is "help $command" "$out" "$(headway help "$command")"
	fails "$command --nonsense" 2 "headway $command: unknown option '--nonsense'*" \
		headway "$command" --nonsense
done
fails 'no command' 2 'headway: no command*' headway
fails 'an unknown command' 2 "headway: unknown command 'frobnicate' (see 'headway --help')" \
	headway frobnicate
fails 'help for it' 2 "headway help: unknown command 'frobnicate'*" headway help frobnicate
fails 'an unknown letter' 2 "headway dump: unknown option '-Z' (see 'headway dump --help')" headway dump -Z
fails 'no value' 2 'headway dump: --name needs a value: GLOB*' headway dump --name
fails 'no value for a letter' 2 'headway dump: --name needs a value: GLOB*' headway dump -n
fails 'a value too many' 2 'headway dump: --reverse takes no value*' headway dump --reverse=1
fails 'a long line of nonsense' 2 "headway: unknown command 'x*" headway "$(printf 'x%.0s' {1..5000})"
finish
