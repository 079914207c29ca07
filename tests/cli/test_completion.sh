#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Completions: each shell takes its script and offers commands, options, values and ids.
# shellcheck source=tests/cli/lib.sh disable=SC1090,SC2034,SC2016
. "$(dirname "$0")/lib.sh"
headway init --slots 16 --bytes 1M >/dev/null
id=$(headway start 'a job')
export PATH=$BIN:$PATH

source <(headway completion bash)
offers() { # WORDS...: what bash offers for the last one
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_headway
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' '
}
is 'bash: commands' 'dump' "$(offers headway du)"
is 'bash: options before the command' '--arena' "$(offers headway --ar)"
is 'bash: options' '--reverse' "$(offers headway dump --rev)"
is 'bash: common options' '--arena' "$(offers headway wait --ar)"
is 'bash: values' 'json' "$(offers headway dump --format j)"
is 'bash: values of a letter' 'finished' "$(offers headway dump -s f)"
is 'bash: ids' "$id" "$(offers headway message "${id:0:10}")"
is 'bash: ids of another arena' '' "$(offers headway --arena "/headway-none-$$" message "${id:0:10}")"
is 'bash: arenas' "$HEADWAY_ARENA" "$(offers headway --arena "$HEADWAY_ARENA")"
is 'bash: help' 'fsck' "$(offers headway help fs)"
for command in $(headway help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -vxE 'help|completion'); do
	is "bash: every option of $command" \
		"$(headway "$command" --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\2/p' | sort | paste -sd ' ')" \
		"$(offers headway "$command" --)"
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
