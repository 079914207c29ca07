#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Checks every model and every mutant of it with spin.  A model must pass a complete search, a mutant
# must be seen to fail.  --quick takes each model in a small size and a few of its mutants.  Exit 0 all as expected, 1 not,
# 2 usage, 77 no spin.
set -u

usage() {
	printf 'usage: %s [--quick] [--only WORD]\n' "${0##*/}" >&2
	exit 2
}

quick=0 only=
while (($#)); do
	case $1 in
	--quick) quick=1 ;;
	--only) [[ $# -ge 2 ]] || usage; only=$2; shift ;;
	*) usage ;;
	esac
	shift
done
for tool in spin "${CC:-gcc}"; do
	command -v "$tool" >/dev/null || { printf 'skip: %s is not installed\n' "$tool"; exit 77; }
done

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# For a search that is over soon compiling is what takes time: tcc needs a tenth of it.
soon=$(command -v tcc || echo "${CC:-gcc}")
passed=0 failed=0

# verify MODEL MUTANT CONFIGURATION: prints outcome and number of states
verify() {
	local model=$1 mutant=$2 out hash=20
	local -a flags compiler=("$soon")
	read -ra flags <<<"$3"
	if [[ $mutant != - ]]; then
		flags+=("-D$mutant")
	elif ((!quick)); then
		compiler=("${CC:-gcc}" -O2) hash=24
	fi
	cd "$work" || return
	rm -f pan*
	if ! out=$(spin -a "${flags[@]}" "$here/$model.pml" 2>&1) || [[ $out == *rror* ]]; then
		printf 'broken -\n%s\n' "$out"
		return
	fi
	if ! out=$("${compiler[@]}" -w -DSAFETY -DNOFAIR -DCOLLAPSE -DMEMLIM=3600 -o pan pan.c 2>&1); then
		printf 'broken -\n%s\n' "$out"
		return
	fi
	# -E: a process that waits for ever is no error, the audits must be reached instead (MUT_AUDIT_REACHED)
	out=$(./pan -E -m200000 "-w$hash" 2>&1)
	local states=- outcome=incomplete
	[[ $out =~ ([0-9.e+]+)\ states,\ stored ]] && states=${BASH_REMATCH[1]}
	if [[ $out == *"assertion violated"* ]]; then
		outcome=fail
	elif [[ $out == *"errors: 0"* && $out != *"too small"* && $out != *"not completed"* &&
		$out != *MEMLIM* && $out != *truncated* ]]; then
		outcome=pass
	fi
	printf '%s %s\n' "$outcome" "$states"
}

# check WHEN MODEL MUTANT CONFIGURATION, a line of the file checks
check() {
	local when=$1 model=$2 mutant=$3 defines=$4 expected=fail outcome states start now
	[[ $when == f && $quick == 1 ]] && return
	[[ -n $only && "$model $mutant $defines" != *"$only"* ]] && return
	[[ $mutant == - ]] && expected=pass
	start=${EPOCHREALTIME/[.,]/}
	read -r outcome states < <(verify "$model" "$mutant" "$defines")
	now=${EPOCHREALTIME/[.,]/}
	if [[ $outcome == "$expected" ]]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		outcome+='!'
	fi
	printf '%-7s %-22s %-8s %-9s %10s %4d.%d  %s\n' "$model" "$mutant" "$expected" "$outcome" "$states" \
		$(((now - start) / 1000000)) $(((now - start) / 100000 % 10)) "$defines"
}

printf '%-7s %-22s %-8s %-9s %10s %6s  %s\n' model mutant expected outcome states time/s configuration
while read -r when model mutant defines; do
	[[ -z $when || $when == '#'* ]] || check "$when" "$model" "$mutant" "$defines"
done <"$here/checks"
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
