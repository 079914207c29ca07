#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The page with hosts as its first level, in a real browser, driven by page.py.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
command -v chromedriver >/dev/null || command -v WebKitWebDriver >/dev/null ||
	{ echo 'no browser with a WebDriver here (package chromium-driver or webkit2gtk-driver)'; exit 77; }
nats_start a
host web1
host web2
as web1 "$headway" start --name first --total 10 >/dev/null
as web2 "$headway" error "$(as web2 "$headway" start --name failed)" 'no space left' >/dev/null
period=500ms
relay_start web1
relay_start web2
serve --nats "$nats_url"
within answers 200 "$url/readyz"
(while [ ! -e "$dir/kill" ]; do pause 0.1; done; end "${relay_pid[web1]}" KILL) &
pids+=($!)
PYTHONDONTWRITEBYTECODE=1 timeout 200 "$python" "${0%/*}/page.py" "$dir" "$url" ${SCREENSHOT:+"$SCREENSHOT"} >"$dir/out" 2>&1 ||
	fail "$(cat "$dir/out"; tail -n 5 "$dir/driver.log")"
finish
