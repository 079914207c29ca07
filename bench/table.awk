# SPDX-License-Identifier: BSD-3-Clause
# RESULT lines -> a table in Markdown.
function field(name,    i, n) {
	for (i = 2; i <= NF; i++) {
		n = index($i, "=")
		if (substr($i, 1, n - 1) == name)
			return substr($i, n + 1)
	}
	return "-"
}

function words(text) {
	gsub(/-/, " ", text)
	gsub(/,/, ", ", text)
	return text
}

function with_unit(value, unit) {
	if (value == "-" || value == "")
		return ""
	if (unit == "ns" && value + 0 >= 10000)
		return sprintf("%.1f us", value / 1000)
	return value " " unit
}

/^RESULT/ {
	if (!head++) {
		print ""
		print "| case | what | Headway | against | theirs | ratio | spread | target | met |"
		print "| --- | --- | ---: | --- | ---: | ---: | --- | --- | --- |"
	}
	ratio = field("ratio")
	if (ratio != "-")
		ratio = ratio (field("sense") == "faster" ? " x faster" : " x")
	target = field("target")
	sub(/times<=/, "<= x ", target)
	sub(/faster>=/, ">= x ", target)
	printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", field("case"), words(field("what")),
		with_unit(field("headway"), field("unit")), field("other") == "-" ? "" : words(field("other")),
		with_unit(field("other_value"), field("unit")), ratio == "-" ? "" : ratio, field("spread"),
		target == "-" ? "" : target, field("met") == "-" ? "" : field("met")
	met[field("met")]++
}

END {
	if (head)
		printf "\n%d targets met, %d missed\n", met["yes"], met["NO"]
}
