# SPDX-License-Identifier: BSD-3-Clause
# RESULT lines of case 3 -> update-cost.svg: what one update costs, on a logarithmic axis.
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

function log10(x) {
	return log(x) / log(10)
}

function cost_text(ns) {
	if (ns >= 1e6)
		return sprintf("%.1f ms", ns / 1e6)
	if (ns >= 1000)
		return sprintf("%.1f µs", ns / 1000)
	return sprintf("%.0f ns", ns)
}

function x_of(ns) {
	return left + (log10(ns) - log10(lowest)) * (right - left) / (log10(highest) - log10(lowest))
}

function add(label, ns, class,    i) {
	for (i = count++; i > 0 && costs[i - 1] > ns; i--) {
		labels[i] = labels[i - 1]
		costs[i] = costs[i - 1]
		classes[i] = classes[i - 1]
	}
	labels[i] = label
	costs[i] = ns
	classes[i] = class
}

function bar(i,    y) {
	y = top + i * step
	printf "<text class=\"label\" x=\"%d\" y=\"%d\">%s</text>\n", left - 12, y + 17, labels[i]
	printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"22\" rx=\"2\"/>\n",
		classes[i], left, y + 1, x_of(costs[i]) - left
	printf "<text class=\"cost\" x=\"%.1f\" y=\"%d\">%s</text>\n", x_of(costs[i]) + 8, y + 17,
		cost_text(costs[i])
}

/^RESULT case=3 / {
	if (!seen++)
		add("Headway", field("headway"), "ours")
	add(words(field("other")), field("other_value"), "theirs")
}

END {
	if (!count) {
		print "no results of case 3: run make bench first" > "/dev/stderr"
		exit 1
	}
	left = 170; right = 640; top = 64; step = 32
	lowest = 10
	highest = 100
	while (highest < costs[count - 1])
		highest *= 10
	bottom = top + count * step + 4
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 740 %d\" role=\"img\" ", bottom + 44
	print "aria-label=\"Cost of one update, Headway and others, logarithmic axis\">"
	print "<style>"
	print "text { font: 14px system-ui, sans-serif; fill: #1f2328 }"
	print ".title { font-weight: 600; font-size: 16px } .label { text-anchor: end }"
	print ".note { font-size: 12px; fill: #59636e } .tick { font-size: 12px; fill: #59636e; text-anchor: middle }"
	print ".grid { stroke: #d1d9e0; stroke-width: 1 } .ours { fill: #0a7d5a } .theirs { fill: #8c959f }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 } .note, .tick { fill: #9198a1 } .grid { stroke: #3d444d }"
	print ".ours { fill: #3fb98f } .theirs { fill: #6e7681 } }"
	print "</style>"
	print "<text class=\"title\" x=\"16\" y=\"26\">What it costs to change one message of five</text>"
	print "<text class=\"note\" x=\"16\" y=\"46\">median, one writer; each grid line is ten times the one before</text>"
	for (tick = lowest; tick <= highest; tick *= 10) {
		printf "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", x_of(tick), top - 4,
			x_of(tick), bottom
		printf "<text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>\n", x_of(tick), bottom + 18,
			tick >= 1e6 ? tick / 1e6 " ms" : tick >= 1000 ? tick / 1000 " µs" : tick " ns"
	}
	for (i = 0; i < count; i++)
		bar(i)
	print "</svg>"
}
