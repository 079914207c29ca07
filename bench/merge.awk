# SPDX-License-Identifier: BSD-3-Clause
# RESULT lines of several processes of one program -> a line for each case: the medians of their figures and
# ratios; spread is from the least of them to the most; met is judged anew. Of what is the longest, the most counts.
# Other lines stay as they are, each once. Lines belong to one case that have the same case, what, other and target.

# Sets least, median and most of the first n of list's numbers; all are "-" if the first is no number.
function survey(list, n,    v, i, j, x) {
	split(list, v, " ")
	least = median = most = v[1]
	if (v[1] == "-")
		return
	for (i = 2; i <= n; i++) {
		x = v[i]
		for (j = i - 1; j > 0 && v[j] + 0 > x + 0; j--)
			v[j + 1] = v[j]
		v[j + 1] = x
	}
	least = v[1]
	most = v[n]
	median = n % 2 ? v[(n + 1) / 2] : sprintf("%.4g", (v[n / 2] + v[n / 2 + 1]) / 2)
}

# A ratio without a target says "faster" when it is clearly below 1, in some processes perhaps.
function ratio_as(sense,    r) {
	r = field("ratio")
	return r == "-" || field("sense") == sense ? r : sprintf("%.3g", 1 / r)
}

function met(target, figure, ratio,    bound) {
	if (target == "-")
		return "-"
	bound = target
	sub(/^[a-z]*[<>]=/, "", bound)
	if (target ~ /^[a-z]/)
		figure = ratio
	return (target ~ />=/ ? figure + 0 >= bound + 0 : figure + 0 <= bound + 0) ? "yes" : "NO"
}

!/^RESULT/ {
	if (!seen[$0]++)
		print
	next
}

{
	name = $2 " " $3 " " field("other") " " field("target")
	if (!(name in count)) {
		order[++names] = name
		begin[name] = $1 " " $2 " " $3 " " $4
		other[name] = field("other")
		sense[name] = field("sense")
		target[name] = field("target")
	}
	count[name]++
	figures[name] = figures[name] " " field("headway")
	others[name] = others[name] " " field("other_value")
	ratios[name] = ratios[name] " " ratio_as(sense[name])
	rounds[name] += field("rounds")
	disturbed[name] += field("disturbed")
}

END {
	for (k = 1; k <= names; k++) {
		name = order[k]
		n = count[name]
		longest = begin[name] ~ /longest/
		survey(others[name], n)
		other_value = longest ? most : median
		survey(figures[name], n)
		figure = longest ? most : median
		if (other[name] != "-")
			survey(ratios[name], n)
		ratio = other[name] == "-" ? "-" : median
		if (longest && other[name] != "-")
			ratio = sprintf("%.3g", sense[name] == "faster" ? other_value / figure : figure / other_value)
		printf "%s headway=%s other=%s other_value=%s ratio=%s sense=%s spread=%s..%s target=%s met=%s rounds=%d " \
			"disturbed=%d processes=%d\n", begin[name], figure, other[name], other_value, ratio, sense[name], least,
			most, target[name], met(target[name], figure, ratio), rounds[name], disturbed[name], n
	}
}
