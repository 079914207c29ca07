#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The live page, in a real browser: Debian's chromium, driven by playwright-core from the npm registry.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
browser=$(command -v chromium) || { echo 'no chromium here'; exit 77; }
command -v node >/dev/null && [ -n "$python" ] || { echo 'no node or python3 here'; exit 77; }
modules=${PLAYWRIGHT_MODULES:-$BIN/../npm}
[ -d "$modules/node_modules/playwright-core" ] ||
	timeout 60 npm install --silent --no-fund --no-audit --prefix "$modules" playwright-core >/dev/null 2>&1 ||
	{ echo 'no playwright-core here'; exit 77; }
"$headway" init >/dev/null
serve
parent=$("$headway" start --name parent --total 4)
child=$("$headway" start --name child --parent "$parent" --total 100 --unit bytes)
"$headway" add "$child" 25
bad=$("$headway" start --name broken)
"$headway" error "$bad" 'disk full'
evil=$("$headway" start --name '<img src=x onerror=alert(1)>')
"$headway" message "$evil" '<script>alert(2)</script>' $'a\u202eb\x1bc'
good=$("$headway" start --name good)
"$headway" results "$good" '{"answer":42}'
"$headway" finish "$good"
cat >"$dir/page.cjs" <<'J'
const { chromium } = require(process.env.MODULES + "/node_modules/playwright-core");
const { execFileSync } = require("node:child_process");
const assert = require("node:assert/strict");
const run = (...args) => execFileSync(process.env.HEADWAY, args, { encoding: "utf8" }).trim();
const { PAGE: url, CHILD: child } = process.env;
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];

async function main() {
	const browser = await chromium.launch({ executablePath: process.env.BROWSER, args: flags });
	const page = await browser.newPage({ viewport: { width: 1200, height: 700 } });
	const trouble = [];
	page.on("dialog", (d) => { trouble.push(`dialog ${d.message()}`); d.dismiss(); });
	page.on("pageerror", (e) => trouble.push(`error ${e.message}`));
	page.on("console", (m) => { if (m.type() === "error") trouble.push(`console ${m.text()}`); });
	page.on("request", (r) => { if (!r.url().startsWith(url)) trouble.push(`request ${r.url()}`); });
	await page.goto(`${url}/`);
	const names = () => page.locator(".row:not([hidden]) .name").allTextContents();
	const row = (name) => page.locator(".row:not([hidden])", { hasText: name });
	await row("broken").waitFor();

	// errors first; a child below its parent; text, not colour alone, tells the status
	const order = await page.locator(".row:not([hidden])").evaluateAll((rows) => rows
		.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
		.map((r) => r.querySelector(".name").textContent));
	assert.equal(order[0], "broken");
	assert.equal(order[order.indexOf("parent") + 1], "child");
	assert.equal(order.at(-1), "good");
	assert.match(await row("broken").locator(".status").textContent(), /Error/);
	assert.match(await row("child").locator(".amount").textContent(), /25 %/);

	// it is live
	run("add", child, "50");
	await page.waitForFunction(() => [...document.querySelectorAll(".row .amount")].some((e) => e.textContent.startsWith("75 %")));

	// opening by keyboard; messages and results; hostile text is text
	await page.keyboard.press("e");
	await page.locator("#detail .why", { hasText: "disk full" }).waitFor();
	await page.keyboard.press("Escape");
	await row("onerror").click();
	const detail = page.locator("#detail");
	await detail.getByText("<script>alert(2)</script>").waitFor();
	assert.match(await detail.textContent(), /aU\+202EbU\+001Bc/);
	await row("good").click();
	await detail.getByText('"answer": 42').waitFor();
	await page.keyboard.press("Escape");
	assert.equal(await detail.isVisible(), false);

	// the filter keeps a match and what it belongs to
	await page.keyboard.press("/");
	await page.keyboard.type("child");
	assert.deepEqual((await names()).sort(), ["child", "parent"]);
	await page.keyboard.press("Escape");
	await page.locator(".chip.finished").click();
	assert.deepEqual(await names(), ["good"]);
	await page.locator(".chip.finished").click();

	// folding
	await row("parent").locator(".fold").click();
	assert.equal((await names()).includes("child"), false);

	// thousands of records: few elements, and the page still answers
	require("node:fs").writeFileSync(process.env.MORE, "");
	await page.waitForFunction(() => Number(document.querySelector(".chip.running b").textContent) >= 3000);
	assert.ok(await page.locator(".row").count() < 60, "only what is in sight is drawn");
	const froze = await page.evaluate(async () => {
		const { Model } = await import("./model.js");
		const model = new Model();
		const iso = new Date().toISOString();
		for (let i = 0; i < 5000; i++)
			model.put({ id: `id-${i}`, name: `n ${i}`, status: "Running", messages: [], started_at: iso, done: i, total: 9999,
				parent: i % 10 ? `id-${i - (i % 10)}` : null });
		const began = performance.now();
		const rows = model.rows({ text: "n 4" });
		return { ms: performance.now() - began, rows: rows.length };
	});
	assert.ok(froze.rows > 1000 && froze.ms < 20000, JSON.stringify(froze));

	// the narrow screen does not scroll sideways
	await page.setViewportSize({ width: 360, height: 640 });
	assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
	// ... and what is in a row has room in it: one with a rate
	await page.locator("#filter").fill("child");
	await row("parent").locator(".fold").click();
	await row("child").waitFor();
	assert.match(await row("child").locator(".rate").textContent(), /\/(s|min|h)$/);
	const crowded = await page.locator(".row:not([hidden])").evaluateAll((rows) => rows.flatMap((r) => [...r.children]
		.filter((c) => c.getBoundingClientRect().bottom > r.getBoundingClientRect().bottom - 2 && c.textContent)
		.map((c) => `${c.className}: ${c.textContent}`)));
	assert.deepEqual(crowded, []);
	assert.deepEqual(trouble, []);
	await browser.close();
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
J
(while [ ! -e "$dir/more" ]; do pause 0.1; done; many 3000 crowd) &
pids+=($!)
MORE=$dir/more MODULES=$(cd "$modules" && pwd) BROWSER=$browser HEADWAY=$headway PAGE=$url CHILD=$child HOME=$dir \
	timeout 90 node "$dir/page.cjs" >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"

has 'strict policy' "$(header content-security-policy "$url/")" "default-src 'none'; script-src 'self'"
hasnt 'nothing from elsewhere' "$(get "$url/" "$url/app.css" "$url/app.js")" 'https?://|@import|url\('
etag=$(header etag "$url/app.js")
is 'not modified' "$(code_of -H "If-None-Match: $etag" "$url/app.js")" 304
is 'gzip is the same' "$(get --compressed "$url/app.js" | sha256sum)" "$(get "$url/app.js" | sha256sum)"
is 'the client is served' "$(get "$url/headway.js" | sha256sum | cut -c1-64)" \
	"$(sha256sum <"$(dirname "$0")/../../httpd/client/headway.js" | cut -c1-64)"
stop
finish
