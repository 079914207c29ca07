# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Sourced by the benchmarks that are scripts: RESULT lines from files that have a line for each round.
#
# Reads a line for each question from standard input: WHAT UNIT COLUMN FACTOR FILE OTHER-FILE
# OTHER-NAME TARGET. The figure is the median of the file's column; the ratio is the median of the
# rounds' ratios, Headway's to the other's. TARGET is "times<=1.5", ">=2" or "-"; without another
# file it applies to the figure.  Uses dir, the folder of the files, rounds, and smoke.
figures() { # CASE
	awk -v dir="$dir" -v rounds="$rounds" -v smoke="$smoke" -v name="$1" '
	function load(file, column, by, v,    line, part, n) {
		while ((getline line <(dir "/" file)) > 0) {
			split(line, part, " ")
			v[++n] = part[column] * by
		}
		close(dir "/" file)
		return n
	}
	function middle(v, n,    i, j, x) { # sets median, least, most
		for (i = 2; i <= n; i++) {
			x = v[i]
			for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]
			v[j + 1] = x
		}
		median = (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
		least = v[1]
		most = v[n]
	}
	function met(x, target,    bound) {
		if (smoke || target == "-") return "-"
		bound = target
		sub(/^[a-z]*[<>]=/, "", bound)
		return (target ~ />=/ ? x + 0 >= bound + 0 : x + 0 <= bound + 0) ? "yes" : "NO"
	}
	{
		n = load($5, $3, $4, ours)
		m = $6 == "-" ? n : load($6, $3, $4, theirs)
		if (!n || n != m) {
			print name ": nothing measured for " $1 >"/dev/stderr"
			exit 1
		}
		other = ratio = sense = "-"
		if ($6 != "-") {
			for (i = 1; i <= n; i++) ratios[i] = sprintf("%.3f", ours[i] / (theirs[i] ? theirs[i] : 1)) + 0
			middle(theirs, n)
			other = median
			sense = "times"
		}
		middle(ours, n)
		figure = $1 ~ /longest$/ ? most : median
		if ($6 != "-") {
			middle(ratios, n)
			ratio = median
		}
		printf "RESULT case=%s what=%s unit=%s headway=%s other=%s other_value=%s ratio=%s sense=%s spread=%s..%s " \
			"target=%s met=%s rounds=%s disturbed=0\n", name, $1, $2, figure "", $7, other "", ratio "", sense,
			least "", most "", $8, met($6 == "-" ? figure : ratio, $8), rounds
	}'
}
