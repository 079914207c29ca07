#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The live page, in a real browser, driven by page.py.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
command -v chromedriver >/dev/null || command -v WebKitWebDriver >/dev/null ||
	{ echo 'no browser with a WebDriver here (package chromium-driver or webkit2gtk-driver)'; exit 77; }
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
serve
(while [ ! -e "$dir/more" ]; do pause 0.1; done; many 3000 crowd) &
pids+=($!)
HEADWAY=$headway PYTHONDONTWRITEBYTECODE=1 timeout 200 "$python" "${0%/*}/page.py" "$dir" "$url" >"$dir/out" 2>&1 ||
	fail "$(cat "$dir/out"; tail -n 20 "$dir/driver.log")"

has 'strict policy' "$(header content-security-policy "$url/")" "default-src 'none'; script-src 'self'"
hasnt 'nothing from elsewhere' "$(get "$url/" "$url/app.css" "$url/app.js")" 'https?://|@import|url\('
etag=$(header etag "$url/app.js")
is 'not modified' "$(code_of -H "If-None-Match: $etag" "$url/app.js")" 304
is 'gzip is the same' "$(get --compressed "$url/app.js" | sha256sum)" "$(get "$url/app.js" | sha256sum)"
is 'the client is served' "$(get "$url/headway.js" | sha256sum | cut -c1-64)" \
	"$(sha256sum <"$(dirname "$0")/../../httpd/client/headway.js" | cut -c1-64)"
stop
finish
