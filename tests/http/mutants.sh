#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Can the tests of headway-httpd fail?  Small faults are put into a copy of the sources, one at a time; the
# copy is built, and the tests named beside the fault run until one of them fails.
#
#   BIN=FOLDER mutants.sh [NAME…]    NAME: only faults whose name contains it
#   mutants.sh --apply               only see that each substitution still changes its file
#
# A line each, then "N passed, N failed": failed are the faults that no test saw.
set -u
apply_only=0
[ "${1:-}" != --apply ] || { apply_only=1 && shift; }
[ $apply_only -eq 1 ] || BIN=$(cd "${BIN:?the folder of the programs}" && pwd) || exit 1
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d /tmp/headway-http-mutants.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 changed=''
[ ! -d /usr/lib/ccache ] || PATH=/usr/lib/ccache:$PATH # a file put back as it was costs no compiling
cp -a Makefile VERSION lib tools httpd tests "$work" && mkdir "$work/clean" && cp -a tools httpd "$work/clean" || exit 1
for extra in bench packaging bindings fleet; do [ ! -d $extra ] || cp -a $extra "$work"; done
programs=$work/build/release

is_chosen() { # NAME, then the words of the command line
	local name=$1 part
	shift
	[ $# -eq 0 ] && return 0
	for part in "$@"; do [[ $name == *"$part"* ]] && return 0; done
	return 1
}

build() {
	make -C "$work" build/release/headway build/release/headway-httpd build/release/libheadway.a >"$work/log" 2>&1 || return 1
	for file in "$BIN"/libheadway.so* "$BIN/../deb" "$BIN/../npm"; do
		[ -e "$file" ] && [ ! -e "$programs/${file##*/}" ] && ln -s "$file" "$programs/${file##*/}"
	done
	return 0
}

fails() { # TEST: succeeds when it fails on what is built now; one that is skipped does not fail
	local code
	BIN=$programs timeout -k 10 300 "$work/tests/$1.sh" >"$work/test" 2>&1 </dev/null
	code=$?
	[ $code -ne 0 ] && [ $code -ne 77 ]
}

# passed NAME TEXT…, failed NAME TEXT…: counts, and prints a line.
passed() { [ $apply_only -eq 1 ] || printf '%-52s %s\n' "$1" "${*:2}"; passed=$((passed + 1)); }
failed() { printf '%-52s %s\n' "$1" "${*:2}"; failed=$((failed + 1)); }

# NAME, TESTS, FILE, SUBSTITUTION of perl
mutant() {
	local name=$1 tests=$2 file=$3 test
	is_chosen "$name" "${only[@]}" || return 0
	[ -z "$changed" ] || cp "$work/clean/$changed" "$work/$changed"
	changed=$file
	perl -0pi -e "$4" "$work/$file"
	if cmp -s "$work/$file" "$work/clean/$file"; then
		failed "$name" "does not apply to $file any more"
	elif [ $apply_only -eq 1 ]; then
		passed "$name"
	elif ! build; then
		failed "$name" "does not compile: $(grep -m 1 error "$work/log")"
	else
		for test in $tests; do
			fails "$test" || continue
			passed "$name" "caught by ${test##*/}: $(grep -m 1 -E '^(FAIL|not ok)' "$work/test" | cut -c 1-90)"
			return
		done
		failed "$name" "NOT CAUGHT (tried $tests)"
	fi
}

only=("$@")
[ $apply_only -eq 1 ] || build || { cat "$work/log"; echo '0 passed, 1 failed'; exit 1; }

# ---- lists ---------------------------------------------------------------------------------------------
mutant 'a page begins with the last record of the page before' http/test_http_list \
	httpd/answer/select.c 's/(order_compare_items\(&s->order, items\[shown\], &s->after\)) <= 0/$1 < 0/'
mutant 'a full last page is followed by an empty one' http/test_http_list \
	httpd/answer/list.c 's/token = chosen->all > chosen->count/token = chosen->all >= chosen->count/'
mutant 'pages by a rate of now' http/test_http_order \
	httpd/answer/order.c 's/\{"rate", by_rate, false\}/{"rate", by_rate, true}/'
mutant 'pages by amounts of now' http/test_http_order \
	httpd/answer/order.c 's/\{"done", by_done, false\}/{"done", by_done, true}/'
mutant 'a page of a kept order begins where the last one ended' http/test_http_order \
	httpd/answer/pages.c 's/\*count = kept->count - at - 1/*count = kept->count - at/; s/&kept->ids\[at \+ 1\]/&kept->ids[at]/'
mutant 'orders are kept for ever' http/test_http_order \
	httpd/answer/pages.c 's/ORDERS_MOST = 256/ORDERS_MOST = 2560/'
mutant 'a kept page shows what matches no more' http/test_http_order \
	httpd/answer/select.c 's/!item \|\| !select_matches\(s, item\)/!item || (!s->kept \&\& !select_matches(s, item))/'
mutant 'lost ones are in Error' http/test_http_order \
	httpd/answer/order.c 's/return item->lost \? [^;]*;/return item->status;/'
mutant 'finished without a total: unknown progress' http/test_http_order \
	httpd/answer/order.c 's/item->status == HEADWAY_FINISHED \? 1 : -1/item->status == HEADWAY_FINISHED ? -1 : -1/'
mutant 'a class of characters' http/test_http_order \
	httpd/base/glob.c 's/c < 0x80 && classes\[i\].contains\(c\)/c >= 0x80/'
mutant 'the page: a range has no upper end' http/test_http_order \
	httpd/page/glob.js 's/c.codePointAt\(0\) <= high.codePointAt\(0\)/true/'
mutant 'the page: what is unknown comes last' http/test_http_order \
	httpd/page/model.js 's/rateOf\(r, now\) \?\? -1/rateOf(r, now) ?? Infinity/'
mutant 'a page token without a limit is ignored' http/test_http_list \
	httpd/answer/select.c 's/!s->has_after && //'
mutant 'q=0.5 refuses a coding' 'http/test_http_list http/test_http_conformance' \
	httpd/answer/query.c 's/quality > 0 && quality >= quality_in\(list, "identity"/quality > 500 \&\& quality >= quality_in(list, "identity"/'
mutant 'the weight of a type is ignored' http/test_http_conformance \
	httpd/answer/query.c 's/return quality > 0 && quality >= quality_in\(list, otherwise, 1\);/return quality > 0;/'
mutant 'two Hosts' http/test_http_conformance \
	httpd/answer/conformance.c 's/i.hosts > 1/i.hosts > 2/'
mutant 'a header that goes on' http/test_http_conformance \
	httpd/answer/conformance.c 's/\(uintptr_t\)value < \(uintptr_t\)name/(uintptr_t)value + 1000000 < (uintptr_t)name/'
mutant 'what libmicrohttpd leaves behind a value' http/test_http_conformance \
	httpd/answer/request.c 's/while \(trimmed > 0/while (0 \&\& trimmed > 0/'
mutant 'If-Match with a weak tag' http/test_http_conformance \
	httpd/answer/etag.c 's/list_has\(header, etag, true\)/list_has(header, etag, false)/'
mutant 'an arena is not looked up again' http/test_http_truth \
	httpd/snapshot/origin.c 's/again = source_look\(error\);/again = source_get(error);/'
mutant 'no ready in an empty arena' http/test_http_truth \
	httpd/answer/events.c 's/s->is_full \|\| s->error/s->full_until || s->error/; s/if \(s->is_full && \(!item/if (s->full_until \&\& (!item/'
mutant 'a list does not say what it varies by' http/test_http_list \
	httpd/answer/list.c 's/\treply_header\(response, "Vary"[^\n]*\n//'
mutant 'times of a running record stand still' http/test_http_list \
	httpd/snapshot/walk.c 's/item->status == HEADWAY_RUNNING && w->now/false \&\& w->now/'

# ---- conditional requests and waits --------------------------------------------------------------------
mutant 'named counters are no change' http/test_http_wait \
	httpd/snapshot/fingerprint.c 's/i < s->counter_count/i < 0/'
mutant 'If-None-Match: * matches nothing' http/test_http_wait \
	httpd/answer/etag.c 's/if \(\*header == .\*.\)\n\t\t\treturn true/if (*header == 42)\n\t\t\treturn false/'
mutant '--max-wait cuts nothing' http/test_http_wait \
	httpd/answer/wait.c 's/if \(\*ns > most\)/if (*ns > INT64_MAX - most)/'
mutant 'Prefer counts more than ?wait=' http/test_http_wait \
	httpd/answer/wait.c 's/\tif \(!wait\)\n(\t\trequest->preferred)/\tif (header_get(request->connection, "Prefer"))\n$1/'
mutant 'milliseconds are seconds' http/test_http_wait \
	httpd/base/parse.c 's/unit = MILLISECOND_NS/unit = 60 * SECOND_NS/'

# ---- events --------------------------------------------------------------------------------------------
mutant 'a slow stream never starts over' http/test_http_events \
	httpd/answer/events.c 's/return !s->is_full && s->sent_change < snap->pruned;/return s->sent_change > snap->change;/'
mutant 'removals are kept for ever' http/test_http_events \
	httpd/snapshot/walk.c 's/REMOVALS_KEPT = 4096/REMOVALS_KEPT = 1 << 30/'
mutant 'the full state is resumed from its middle' http/test_http_events \
	httpd/answer/events.c 's/s->is_full \? 0 : s->sent_change\)/s->sent_change)/'
mutant 'as many ids as are sent' http/test_http_events \
	httpd/answer/events.c 's/s->id_count == IDS_MOST/s->id_count == IDS_MOST + 1/; s/calloc\(IDS_MOST/calloc(IDS_MOST + 1/'
mutant 'an id with more behind it' http/test_http_events \
	httpd/answer/events.c 's/ \|\|\n[^\n]*length != sizeof\(id\) - 1//'
mutant 'a proxy may keep events back' http/test_http_events \
	httpd/answer/events.c 's/\treply_header\(response, "X-Accel-Buffering"[^\n]*\n//'

# ---- metrics -------------------------------------------------------------------------------------------
mutant 'a newline in a label' http/test_http_metrics \
	httpd/answer/exposition.c 's/\*value == .\\n.\)/*value == 1)/'
mutant 'answers are not counted' http/test_http_metrics \
	httpd/base/latency.c 's/uatomic_inc\(&counts/(void)(\&counts/'
mutant 'a bucket too high' http/test_http_metrics \
	httpd/answer/exposition.c 's/count \+= latency->buckets\[i\];/count = latency->buckets[i];/'
mutant 'what waited is timed' http/test_http_metrics \
	httpd/answer/reply.c 's/took_ns, !request->waiting\)/took_ns, true)/'
mutant 'series of the oldest records' http/test_http_metrics \
	httpd/answer/metrics.c 's/return snap->count > most \? snap->count - most : 0;/return 0 * most;/'
mutant 'the oldest running record has no age' http/test_http_metrics \
	httpd/answer/metrics.c 's/oldest && now > oldest/oldest \&\& now < oldest/'

# ---- requests ------------------------------------------------------------------------------------------
mutant 'Content-Length: 0 is a body' 'http/test_http_basics http/test_http_conformance' \
	httpd/answer/conformance.c 's/i->has_body \|= strspn\(value, "0"\) < digits;/i->has_body = true;/'
mutant 'OPTIONS * is unknown' http/test_http_basics \
	httpd/answer/route.c 's/is_options && strcmp\(path, "\*"\) == 0/false/'
mutant 'controls in a problem as they are' http/test_http_basics \
	httpd/base/text.c 's/else if \(length == 1 && [^\n]*0x7f\)\)/else if (*s == 0x7f)/'

# ---- who may, and what is said -------------------------------------------------------------------------
mutant 'a wildcard host is its own' http/test_http_security \
	httpd/security/security.c 's/ends_with\(name, text \+ 1\)/ends_with(name, text + 2)/'
mutant 'an answer for any origin' http/test_http_security \
	httpd/security/security.c 's/\tMHD_add_response_header\(response, "Vary", "Origin"\);\n//'
mutant 'an access log that nobody wanted' http/test_http_security \
	httpd/net/access_log.c 's/if \(!options\.access_log\)/if (options.access_log \&\& !options.access_log)/'
mutant 'a token file that all may read' http/test_http_security \
	httpd/security/security.c 's/S_IROTH/S_IXOTH/'
mutant 'controls of eight bits in the log' http/test_http_security \
	httpd/base/log.c 's/< 0xa0/< 0x80/'
mutant 'a client has an IPv6 network to itself' http/test_http_limits \
	httpd/net/peers.c 's/memset\(a\.bytes \+ 8, 0, 8\)/memset(a.bytes + 8, 0, 0)/'
mutant 'no Landlock' http/test_http_sandbox \
	httpd/security/sandbox.c 's/syscall\(SYS_landlock_restrict_self, ruleset, 0\)/0L/'
mutant 'files are opened for writing' http/test_http_sandbox \
	httpd/security/sandbox.c 's/refused = O_CREAT \| O_TRUNC \| \(writes \? 0 : O_ACCMODE\)/refused = O_TRUNC/'
mutant 'memory becomes code' http/test_http_sandbox \
	httpd/security/sandbox.c 's/(SCMP_SYS\(mprotect\), 1,\s*SCMP_A2\(SCMP_CMP_MASKED_EQ, )PROT_EXEC/${1}PROT_NONE/'
mutant 'a socket to elsewhere' http/test_http_sandbox \
	httpd/security/sandbox.c 's/\tSCMP_SYS\(accept\),/\tSCMP_SYS(accept),\n\tSCMP_SYS(socket),/'

# ---- the command line's terminal -----------------------------------------------------------------------
mutant 'controls of eight bits on a terminal' 'cli/test_terminal cli/test_top' \
	tools/base/term.c 's/c >= 0x7f && c < 0xa0/c >= 0x7f \&\& c < 0x80/'

echo
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
