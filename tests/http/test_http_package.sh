#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The package headway-client as a user has it: packed, installed offline, imported by name; startRequest; its types;
# the element in a real browser, driven by element.py.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { echo 'no node here'; exit 77; }
top=$(cd "$(dirname "$0")/../.." && pwd)
tests=$top/tests/http
client=$top/httpd/client
"$headway" init >/dev/null

# ---- packed and installed, by npm where it is there, else as npm would do it
mkdir -p "$dir/project"
cd "$dir/project" || exit 1
echo '{"name":"project","private":true,"type":"module"}' >package.json
if command -v npm >/dev/null; then
	export HOME=$dir npm_config_cache=$dir/npm npm_config_update_notifier=false
	npm pack --silent --pack-destination "$dir" "$client" >"$dir/out" 2>&1 || fail "npm pack: $(cat "$dir/out")"
	npm install --offline --no-audit --no-fund --silent "$dir"/headway-client-*.tgz >"$dir/out" 2>&1 || fail "npm install: $(cat "$dir/out")"
else
	mkdir -p node_modules/headway-client
	node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).files.join("\n")' "$client/package.json" |
		(cd "$client" && xargs cp -t "$dir/project/node_modules/headway-client" package.json README.md)
fi
has 'its files' "$(cd node_modules/headway-client && echo *)" \
	'^README.md element.d.ts element.js headway.d.ts headway.js index.d.ts index.js package.json progress.d.ts progress.js$'
is 'its version' "$(node -p 'require("headway-client/package.json").version')" "$(cat "$top/VERSION")"
is 'nothing else is needed' "$(node -p 'JSON.stringify(require("headway-client/package.json").dependencies)')" undefined

# ---- by name, in Node
serve
HEADWAY=$headway URL=$url timeout 60 node --input-type=module - <"$tests/package.mjs" >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
id=$("$headway" start --name example --total 2 --unit rows)
"$headway" add "$id" 2
"$headway" finish "$id"
cp "$client/examples/follow.mjs" .
is 'the example' "$(node follow.mjs "$url/_/status/$id")" 'Finished 2 of 2 rows'
is 'with an error' "$(node follow.mjs "$url/_/status/00000000-0000-8000-8000-000000000000" 2>&1; echo "exit $?")" \
	"$(printf '404: no record %s: it never was in this arena\nexit 2' 00000000-0000-8000-8000-000000000000)"

# ---- the types and the programs export the same
for module in index headway progress element; do
	is "types of $module" "$(sed -nE 's/^export (class|function|const) ([A-Za-z]+).*/\2/p; s/^export \* from.*headway.js.*/backoff\nread\nfollow\nwatch\nEventParser\nHeadwayError/p; s/^export \{ startRequest,.*/startRequest/p' \
		"$client/$module.d.ts" | sort | paste -sd ' ')" \
		"$(node --input-type=module -e 'console.log(Object.keys(await import(process.argv[1])).sort().join("\n"))' "$client/$module.js" | sort | paste -sd ' ')"
done
[ "$(wc -l <"$client/element.js")" -le 200 ] || fail 'the element has more than 200 lines'

# ---- the element, in a browser
if command -v chromedriver >/dev/null || command -v WebKitWebDriver >/dev/null; then
	cp "$client/examples/page.html" .
	SERVER=$url node "$tests/package_server.mjs" "$dir/project" >"$dir/log-pages" 2>&1 &
	pids+=($!)
	within says '^http' "$dir/log-pages" && pages=$(head -n 1 "$dir/log-pages")
	HEADWAY=$headway PYTHONDONTWRITEBYTECODE=1 timeout 100 "$python" "$tests/element.py" "$dir" "$pages" >"$dir/out" 2>&1 ||
		fail "$(cat "$dir/out"; tail -n 20 "$dir/driver.log")"
else
	fail 'no browser with a WebDriver here'
fi
stop
finish
