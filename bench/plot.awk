# SPDX-License-Identifier: BSD-3-Clause
# RESULT lines of case 3 -> a drawing in SVG: what one update costs, on a logarithmic axis.
# It stands on a card of its own, so that it can be read on a light page and on a dark one.

function log10(x) {
	return log(x) / log(10)
}

function time_text(ns) {
	if (ns >= 1e6)
		return sprintf("%.3g ms", ns / 1e6)
	if (ns >= 1000)
		return sprintf("%.3g µs", ns / 1000)
	return sprintf("%.3g ns", ns)
}

function x_of(ns) {
	return left + (log10(ns) - log10(lowest)) * (right - left) / (log10(highest) - log10(lowest))
}

# Insertion sort by cost.
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

function label_of(name) {
	if (name in known)
		return known[name]
	gsub(/_/, " ", name)
	return name
}

function bar(i,    y) {
	y = top + i * step
	printf "<text class=\"label %s-text\" x=\"%d\" y=\"%d\">%s</text>\n", classes[i], left - 14, y + 16, labels[i]
	printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"20\" rx=\"3\"/>\n",
		classes[i], left, y + 1, x_of(costs[i]) - left
	printf "<text class=\"cost %s-text\" x=\"%.1f\" y=\"%d\">%s</text>\n", classes[i], x_of(costs[i]) + 8, y + 16,
		time_text(costs[i])
}

BEGIN {
	known["the_floor:_copy,_clock,_swap"] = "floor: a copy, a swap"
	known["robust_mutex"] = "robust mutex, shared"
	known["Go,_mutex"] = "Go mutex, one process"
	known["liburcu,_call_rcu"] = "liburcu, one process"
	known["ck_epoch"] = "ck_epoch, one process"
	known["Redis,_HSET"] = "Redis"
	known["Redis,_64_HSETs_at_a_time"] = "Redis, 64 at a time"
}

/^RESULT case=3 / && field("unit") == "ns" {
	if (!seen++)
		add("Headway", field("headway") + 0, "ours")
	if (field("other") != "-")
		add(label_of(field("other")), field("other_value") + 0, "theirs")
}

END {
	if (!count) {
		print "plot: no figures of case 3: run make bench first" > "/dev/stderr"
		exit 1
	}
	left = 190; right = 640; top = 84; step = 30
	lowest = 10; highest = 100
	while (costs[0] < lowest)
		lowest /= 10
	while (highest < costs[count - 1])
		highest *= 10
	bottom = top + count * step + 2
	height = bottom + 36
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" viewBox=\"0 0 760 %d\" role=\"img\" ",
		height, height
	print "aria-label=\"Cost of one update, Headway and others, logarithmic axis\">"
	print "<style>"
	print "text { font: 14px -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; fill: #1f2328 }"
	print ".card { fill: #ffffff; stroke: #d1d9e0 } .title { font-weight: 600; font-size: 16px } .label { text-anchor: end }"
	print ".note, .tick { font-size: 12px; fill: #59636e } .tick { text-anchor: middle } .grid { stroke: #e4e8ec }"
	print ".ours { fill: #1a7f64 } .theirs { fill: #a8b1bb } .ours-text { font-weight: 600; fill: #1a7f64 }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 } .card { fill: #0d1117; stroke: #3d444d } .note, .tick { fill: #9198a1 } .grid { stroke: #262c34 }"
	print ".ours { fill: #3fb98f } .theirs { fill: #5a626c } .ours-text { fill: #3fb98f } }"
	print "</style>"
	printf "<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"759\" height=\"%d\" rx=\"8\"/>\n", height - 1
	print "<text class=\"title\" x=\"24\" y=\"34\">What it costs to change one message of five</text>"
	print "<text class=\"note\" x=\"24\" y=\"56\">one writer, median; each line is ten times the one before it</text>"
	for (tick = lowest; tick <= highest * 1.001; tick *= 10) {
		printf "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", x_of(tick), top - 8,
			x_of(tick), bottom
		printf "<text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>\n", x_of(tick), bottom + 18, time_text(tick)
	}
	for (i = 0; i < count; i++)
		bar(i)
	print "</svg>"
}
