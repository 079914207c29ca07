#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Requests that RFC 9110 and 9112 require to be refused, written byte by byte to the socket;
# preconditions, weights. At the end, what libmicrohttpd does before the server sees the request:
# see CAVEATS in headway-httpd(8).
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
id=$("$headway" start --name job)
serve
record=/_/status/$id
cat >"$dir/raw.py" <<'P'
# raw.py PORT: prints, for each input line (a Python string), the status of the answer; 000: none
# within 2 s
import socket, sys
for line in sys.stdin:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60) as s:
        s.sendall(line.rstrip("\n").encode().decode("unicode_escape").encode("latin1"))
        s.settimeout(2 if "a&a" in line else 60)
        try:
            head = s.recv(65536)
        except OSError:
            head = b""
        print(head[9:12].decode() if head.startswith(b"HTTP/1.1 ") else "000", flush=True)
P
# raw WHAT CODE REQUEST: expects an answer with that status, or one of several (an extended regular
# expression)
asked=() wanted=()
raw() { asked+=("$3") wanted+=("$2 $1"); }
raw_end() {
	local codes i
	mapfile -t codes < <(printf '%s\n' "${asked[@]}" | "$python" "$dir/raw.py" "${url##*:}")
	for i in "${!wanted[@]}"; do
		[[ ${codes[i]} =~ ^(${wanted[i]%% *})$ ]] || fail "${wanted[i]#* }: ${codes[i]}, expected ${wanted[i]%% *}"
	done
	asked=() wanted=()
}
# Where there are several, the first is that of libmicrohttpd 1.0, which joins such a header's lines, closes
# the connection, and redirects to the encoded address, as RFC 9112 allows.
get="GET $record HTTP/1.1\r\nHost: localhost\r\n"
raw 'as it should be' 200 "$get\r\n"
raw 'no content, and that is said' 200 "${get}Content-Length: 0\r\n\r\n"
raw 'two lengths' 400 "${get}Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde"
raw 'two lengths that are the same' 400 "${get}Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde"
raw 'a length and chunks' 400 "${get}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
raw 'a list of lengths' 400 "${get}Content-Length: 5, 5\r\n\r\nabcde"
raw 'a length with a sign' 400 "${get}Content-Length: +5\r\n\r\nabcde"
raw 'a length that goes on' 400 "${get}Content-Length: 5\r\n 0\r\n\r\nabcde"
raw 'another header that goes on' '200|400' "${get}X: a\r\n\tb\r\n\r\n"
raw 'two Hosts' 400 "${get}Host: localhost\r\n\r\n"
raw 'no Host' 400 "GET $record HTTP/1.1\r\n\r\n"
raw 'no Host, as before 1.1' 200 "GET $record HTTP/1.0\r\n\r\n"
raw 'a blank before the colon' 400 "GET $record HTTP/1.1\r\nHost : localhost\r\n\r\n"
raw 'a blank before another colon' 400 "${get}Content-Length : 5\r\n\r\nabcde"
raw 'a CR in a value' 400 "${get}X: a\rContent-Length: 5\r\n\r\n"
raw 'a control character in a value' 400 "${get}X: a\x01\r\n\r\n"
raw 'a NUL in the address' '000|400' "GET $record\0x HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 'a NUL in the address, encoded' 400 "GET $record%00x HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 'a blank in the address' '301|400' "GET $record x HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 'another method, with a body' 405 "POST $record HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
raw 'a body' 413 "${get}Content-Length: 3\r\n\r\nabc"
raw_end
request -X POST --data abc "$url$record"
is 'Allow with a body' "${fields[allow]:-}" 'GET, HEAD, OPTIONS'

# blanks after a value are not part of it
etag=$(header etag "$url$record")
is 'If-None-Match with blanks behind' "$(code_of -H "If-None-Match: $etag 	 " "$url$record")" 304
"$headway" start >/dev/null
last=$(get --max-time 1 "$url/_/events" | sed -n 's/^id: //p' | tail -n 1)
hasnt 'Last-Event-ID with blanks behind' "$(get --max-time 1 -H "Last-Event-ID: $last  " "$url/_/events")" '^event: reset'

# after a 304 the connection stays usable
is 'one connection for two' "$(get -o /dev/null -w '%{num_connects}' -H 'If-None-Match: *' "$url/_/status/" \
	-o /dev/null -w '%{num_connects}' "$url$record")" 10

is 'If-Match: this one' "$(code_of -H "If-Match: $etag" "$url$record")" 200
is 'If-Match: any' "$(code_of -H 'If-Match: *' "$url$record")" 200
is 'If-Match: another' "$(code_of -H 'If-Match: "x"' "$url$record")" 412
weak=$(header etag "$url$record?view=full")
is 'If-Match: weak tags are never the same' "$(code_of -H "If-Match: $weak" "$url$record?view=full")" 412
is 'If-Match: a list' "$(code_of -H 'If-Match: "x"' "$url/_/status/")" 412
is 'If-Match: the page' "$(code_of -H 'If-Match: "x"' "$url/app.js")" 412

is 'a redirect keeps the query' "$(header location "$url/_/status?status=lost&limit=2")" '/_/status/?status=lost&limit=2'

# weights
type_of() { header content-type -H "Accept: $1" "$url/_/status/"; }
for accept in 'application/x-ndjson' 'application/json;q=0.5, application/x-ndjson' '*/*;q=0.1, application/x-ndjson;q=0.2' \
	'application/x-ndjson;q=0.5, application/*;q=0.4'; do
	is "lines: $accept" "$(type_of "$accept")" application/x-ndjson
done
for accept in '*/*' 'application/x-ndjson;q=0' 'application/json, application/x-ndjson;q=0.999' \
	'application/x-ndjson; q=0.4, application/*; q=0.5' 'text/html, */*;q=0.5'; do
	is "array: $accept" "$(type_of "$accept")" application/json
done
coding_of() { header content-encoding -H "Accept-Encoding: $1" "$url/app.js"; }
for accept in gzip '*' 'gzip;q=0.5' 'br, gzip;q=0.1' 'identity;q=0.5, gzip'; do
	is "compressed: $accept" "$(coding_of "$accept")" gzip
done
for accept in identity 'gzip;q=0' 'gzip;q=0, *' 'gzip;q=0.5, identity' '*;q=0'; do
	is "as it is: $accept" "$(coding_of "$accept")" ''
done

# unknown ids of any form
for unknown in x 0 "${id}0" "${id%?}" 00000000-0000-8000-8000-000000000000; do
	is "unknown: $unknown" "$(code_of "$url/_/status/$unknown")" 404
done
"$headway" rm "$id"
request_all "$url$record"
is 'removed' "$status" 410
has 'by whom is not known' "$body" 'it was removed, or its time is over'

# Behavior of libmicrohttpd 0.9. If one of these fails, the library has changed: remove the check,
# and the entry under CAVEATS.
strings "$(ldd "$httpd" | sed -n 's/.*=> \(.*libmicrohttpd[^ ]*\) .*/\1/p')" | a_line '^0\.9\.' || finish
request -H 'If-None-Match: *' "$url/_/status/"
is 'a 304 tells a length, which is not that of the answer' "$status ${fields[content-length]:-none}" '304 0'
raw 'a NUL in a value is its end' 200 "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"
raw 'lines that end in LF alone' 200 "GET /healthz HTTP/1.1\nHost: localhost\n\n"
raw 'more parameters than memory: no answer' 000 "GET /healthz?$(printf 'a&%.0s' {1..250}) HTTP/1.1\r\nHost: localhost\r\n\r\n"
raw 'what is no HTTP: no answer' 000 'rubbish\r\n\r\n'
raw_end
# answer_to HEADER: the whole answer to a request with it
answer_to() {
	exec {to}<>"/dev/tcp/127.0.0.1/${url##*:}"
	printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n' "$1" >&"$to"
	timeout 60 cat <&"$to"
	exec {to}>&-
}
has 'an answer of the library is in HTML' "$(answer_to 'no colon')" '<html>'
is 'its header twice' "$(answer_to 'Content-Length: x' | grep -c '^HTTP/1.1 400')" 2
finish
