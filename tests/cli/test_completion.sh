#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Completions: each shell accepts its script and offers commands, options, values and ids.
# shellcheck source=tests/cli/lib.sh disable=SC1090,SC2034,SC2016
. "${0%/*}/lib.sh"
headway init --slots 16 --bytes 1M >/dev/null
id=$(headway start 'a job')
export PATH=$BIN:$PATH

source <(headway completion bash)
offers() { # DESCRIPTION WORDS-OFFERED WORDS...: what bash offers for the last one
	COMP_WORDS=("${@:3}") COMP_CWORD=$(($# - 3)) COMPREPLY=()
	_headway
	is "bash: $1" "$2" "${COMPREPLY[*]}"
}
offers commands dump headway du
offers 'options before the command' --arena headway --ar
offers options --reverse headway dump --rev
offers 'common options' --arena headway wait --ar
offers values json headway dump --format j
offers 'values of a letter' finished headway dump -s f
offers ids "$id" headway message "${id:0:10}"
offers 'ids of another arena' '' headway --arena "/headway-none-$$" message "${id:0:10}"
offers arenas "$HEADWAY_ARENA" headway --arena "$HEADWAY_ARENA"
odd="/dev/shm/headway- '\"\$-$$"
: >"$odd" # an arena whose name contains quotes must not prevent completion of the others
offers 'arenas beside an odd one' "$HEADWAY_ARENA" headway --arena "$HEADWAY_ARENA"
rm -f "$odd"
offers help fsck headway help fs
try headway help
for command in $(sed -n 's/^  \([a-z]*\)  .*/\1/p' <<<"$out"); do
	case $command in help | completion) continue ;; esac
	try headway "$command" --help
	told=() # the options in the order of --help
	while IFS= read -r line; do
		[[ ! $line =~ ^'  '(-.,|'   ')' '(--[a-z-]+) ]] || told+=("${BASH_REMATCH[2]}")
	done <<<"$out"
	offers "every option of $command" "${told[*]}" headway "$command" --
done

if command -v zsh >/dev/null; then
	headway completion zsh >"$folder/_headway"
	ok 'zsh: the script is one' zsh -n "$folder/_headway"
	ok 'zsh: it is found' zsh -fc "fpath=($folder \$fpath); autoload -U compinit; compinit -D -u; [[ \$_comps[headway] = _headway ]]"
fi
if command -v fish >/dev/null; then
	headway completion fish >"$folder/headway.fish"
	ok 'fish: the script is one' fish --no-execute "$folder/headway.fish"
	fish_offers() { HOME=$folder fish --no-config -c "source $folder/headway.fish; complete -C '$1'" 2>&1; }
	like 'fish: commands' 'dump*print records*' "$(fish_offers 'headway du')"
	like 'fish: options' '--reverse*' "$(fish_offers 'headway dump --rev')"
	like 'fish: values' 'json*' "$(fish_offers 'headway dump --format j')"
	like 'fish: ids' "$id*a job*" "$(fish_offers "headway wait ${id:0:10}")"
fi
fails 'an unknown shell' 2 "headway completion: 'csh' is not one of: bash zsh fish*" \
	headway completion csh
finish
