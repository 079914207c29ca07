# SPDX-License-Identifier: BSD-3-Clause
# RESULT lines, in the order of their cases -> a table in Markdown; a row for each SKIP line, too.

function words(text) {
	if (text == "-")
		return ""
	gsub(/_/, " ", text)
	return text
}

function amount(value, unit) {
	if (value == "-" || value == "")
		return ""
	if (unit == "ns" && value + 0 >= 1e6)
		return sprintf("%.1f ms", value / 1e6)
	if (unit == "ns" && value + 0 >= 1e4)
		return sprintf("%.1f µs", value / 1000)
	return value " " (unit == "us" ? "µs" : unit)
}

function ratio(    r) {
	r = field("ratio")
	if (r == "-")
		return ""
	return r (field("sense") == "faster" ? " × faster" : " ×")
}

function target(    t) {
	t = field("target")
	if (t == "-")
		return ""
	if (sub(/^times<=/, "≤ ", t))
		return t " ×"
	if (sub(/^times>=/, "≥ ", t))
		return t " ×"
	if (sub(/^faster>=/, "≥ ", t))
		return t " × faster"
	sub(/^<=/, "≤ ", t)
	sub(/^>=/, "≥ ", t)
	return t " " (field("unit") == "us" ? "µs" : field("unit"))
}

# Whether the target lies within the spread: another run may say otherwise.
function on_limit(    ends, bound) {
	bound = field("target")
	if (bound == "-" || (bound ~ /^[a-z]/) != (field("other") != "-") || split(field("spread"), ends, /\.\./) != 2)
		return 0
	sub(/^[a-z]*[<>]=/, "", bound)
	return ends[1] + 0 != ends[2] + 0 && ends[1] + 0 <= bound + 0 && bound + 0 <= ends[2] + 0
}

function met(    m) {
	m = field("met")
	return m == "-" ? "" : (m == "NO" ? "**no**" : m) (on_limit() ? ", on the limit" : "")
}

function spread(    s) {
	s = field("spread")
	sub(/\.\./, " to ", s)
	return s
}

/^MACHINE/ {
	machine = substr($0, 9)
}

/^SKIP/ && !seen[$0]++ {
	skipped[++skips] = substr($0, 6)
}

/^RESULT/ {
	if (!head++) {
		print ""
		if (machine)
			print machine ".\n"
		print "| # | case | Headway | beside | its figure | ratio | spread | target | met |"
		print "|---|---|---:|---|---:|---:|---|---|---|"
	}
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", field("case"), words(field("what")),
		amount(field("headway"), field("unit")), words(field("other")),
		amount(field("other_value"), field("unit")), ratio(), spread(), target(), met()
	count[field("met")]++
	limits += field("met") != "-" && on_limit()
}

END {
	for (i = 1; i <= skips && head; i++)
		printf "| - | not measured here: %s | | | | | | | |\n", skipped[i]
	if (head)
		printf "\nTargets: %d met, %d missed%s.\n", count["yes"], count["NO"],
			limits ? sprintf("; %d of these are on the limit: it lies within the spread", limits) : ""
}
