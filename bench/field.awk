# SPDX-License-Identifier: BSD-3-Clause
# The value of NAME=VALUE in a row of results; "-": there is none.
function field(name,    i, n) {
	for (i = 2; i <= NF; i++) {
		n = index($i, "=")
		if (substr($i, 1, n - 1) == name)
			return substr($i, n + 1)
	}
	return "-"
}
