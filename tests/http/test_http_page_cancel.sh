#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Records are cancelled on the live page, in a real browser, driven by page_cancel.py.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
command -v chromedriver >/dev/null || command -v WebKitWebDriver >/dev/null ||
	{ echo 'no browser with a WebDriver here (package chromium-driver or webkit2gtk-driver)'; exit 77; }
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
"$headway" init >/dev/null
printf 'secret\n' >"$dir/tokens"
chmod 600 "$dir/tokens"
serve
reader=$url
serve --token-file "$dir/tokens" --allow-cancel
canceller=$url
serve --token-file "$dir/tokens" --allow-cancel
helper=$(pgrep -P "$pid") # the process that writes, and its successor
within pgrep -P "$helper" >"$dir/successor"
kill -STOP "$helper"
kill -KILL "$(pgrep -P "$helper")" "$helper"
asked() { HEADWAY=$headway PYTHONDONTWRITEBYTECODE=1 timeout 95 "$python" "${0%/*}/page_cancel.py" "$dir" "$reader" "$canceller" "$url" >"$dir/out" 2>&1; }
# Now and then WebKit's network process sends no more requests. A browser that is started again has lost the token.
tries=1
command -v chromedriver >/dev/null || tries=3
until asked || ((--tries == 0)); do :; done
((tries)) || fail "$(cat "$dir/out"; tail -n 20 "$dir/driver.log")"
finish
