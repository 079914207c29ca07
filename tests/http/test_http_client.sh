#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# httpd/client/headway.js under Node: follow, watch, backoff, abort.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
command -v node >/dev/null || { echo 'no node here'; exit 77; }
"$headway" init >/dev/null
serve
client=$(cd "$(dirname "$0")/../.." && pwd)/httpd/client/headway.js
cp "$client" "$dir/headway.mjs"
HEADWAY=$headway URL=$url timeout 60 node - "$dir/headway.mjs" <<'J' >"$dir/out" 2>&1 || fail "$(cat "$dir/out")"
const { execFileSync } = require("node:child_process");
const assert = require("node:assert/strict");
const http = require("node:http");
const run = (...args) => execFileSync(process.env.HEADWAY, args, { encoding: "utf8" }).trim();
const url = process.env.URL;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main() {
	const { follow, watch, read, backoff, EventParser, HeadwayError } = await import(process.argv[2]);

	for (const mode of ["auto", "events", "poll"]) {
		const id = run("start", "--name", mode, "--total", "3");
		const seen = [];
		const following = follow(`${url}/_/status/${id}`, { mode, onChange: (r) => seen.push(r) });
		for (let tries = 0; seen.length === 0 && tries < 200; tries++) await pause(50);
		run("add", id, "2");
		for (let tries = 0; seen.at(-1).done !== 2 && tries < 200; tries++) await pause(50);
		assert.equal(seen.at(-1).done, 2, `${mode}: a counter is told`);
		run("finish", id);
		const last = await following;
		assert.equal(last.status, "Finished", mode);
		assert.equal(seen[0].status, "Running", mode);
		assert.equal((await read(`${url}/_/status/${id}`)).status, "Finished");
	}

	for (const mode of ["auto", "events", "poll"]) {
		const unknown = follow(`${url}/_/status/00000000-0000-8000-8000-000000000000`, { mode });
		await assert.rejects(unknown, (e) => e instanceof HeadwayError && e.status === 404, mode);
		const id = run("start");
		const controller = new AbortController();
		const aborted = follow(`${url}/_/status/${id}`, { mode, signal: controller.signal });
		setTimeout(() => controller.abort(), 200);
		await assert.rejects(aborted, { name: "AbortError" }, mode);
	}

	const told = [];
	const watching = watch(`${url}/`, {
		name: "watched-*",
		onReset: () => told.push("reset"),
		onReady: () => told.push("ready"),
		onRecord: (r) => told.push(`${r.name} ${r.status}`),
		onRemoved: (id) => told.push(`removed ${id}`),
		onState: (s) => told.push(s),
	});
	while (!told.includes("ready")) await pause(20);
	const id = run("start", "--name", "watched-1");
	while (!told.includes("watched-1 Running")) await pause(20);
	run("finish", id);
	while (!told.includes("watched-1 Finished")) await pause(20);
	run("rm", id);
	while (!told.includes(`removed ${id}`)) await pause(20);
	watching.close();
	await watching.closed;
	assert.deepEqual(told.slice(0, 4), ["connecting", "live", "reset", "ready"]);
	assert.equal(told.at(-1), "closed");

	// a server that fails first: asked again, not at once, and not given up
	let asked = 0;
	const flaky = http.createServer((request, response) => {
		asked++;
		if (asked <= 2) response.writeHead(503, { "Content-Type": "application/problem+json" }).end('{"detail":"not yet"}');
		else response.writeHead(200, { ETag: '"1"' }).end('{"id":"x","status":"Finished","messages":[]}');
	});
	await new Promise((resolve) => flaky.listen(0, "127.0.0.1", resolve));
	const waits = [];
	const record = await follow(`http://127.0.0.1:${flaky.address().port}/_/status/x`, {
		mode: "poll",
		onState: (state, error) => state === "waiting" && waits.push(error.message),
	});
	assert.equal(record.status, "Finished");
	assert.deepEqual(waits, ["not yet", "not yet"]);
	flaky.close();

	// the delays double, are spread, bounded, and never below what the server asks for
	assert.equal(backoff(0, 0, () => 0), 250);
	assert.equal(backoff(0, 0, () => 1), 500);
	assert.equal(backoff(3, 0, () => 1), 4000);
	assert.equal(backoff(99, 0, () => 1), 30000);
	assert.equal(backoff(0, 5000, () => 1), 5000);

	// events in pieces of any size
	const text = "event: a\nid: 7\ndata: one\ndata: two\n\n: comment\r\ndata:x\r\n\r\n";
	for (let size = 1; size <= text.length; size++) {
		const parser = new EventParser();
		const events = [];
		for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
		assert.deepEqual(events, [{ type: "a", data: "one\ntwo", id: "7" }, { type: "message", data: "x", id: "7" }]);
	}
}
main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
J
stop
finish
