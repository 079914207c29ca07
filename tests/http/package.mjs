// SPDX-License-Identifier: BSD-3-Clause
// The package in Node, imported by name.  Run by test_http_package.sh.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import http from "node:http";
import * as all from "headway-client";
import { startRequest } from "headway-client/progress";
import { HeadwayProgress } from "headway-client/element";

const run = (...args) => execFileSync(process.env.HEADWAY, args, { encoding: "utf8" }).trim();
const url = process.env.URL;

assert.equal(all.startRequest, startRequest);
assert.equal(typeof HeadwayProgress, "function"); // and defines nothing
const id = run("start", "--name", "by name");
const following = all.follow(`${url}/_/status/${id}`);
run("finish", id);
assert.equal((await following).name, "by name");

// A server that starts work, as one with Skia's package does.
const asked = [];
let answers = [];
const server = http.createServer(async (request, response) => {
	let body = "";
	for await (const piece of request) body += piece;
	asked.push([request.method, request.url, request.headers["content-type"], body]);
	const [code, answer] = answers.shift();
	response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const running = { status: "Running", messages: [{ key: "Step", value: "1/2" }], url: `${base}/_/next` };
const finished = { status: "Finished", messages: [{ key: "Step", value: "2/2" }], results: { n: 1 }, url: "" };
const failed = { status: "Error", messages: [{ key: "Error", value: "no" }], url: "" };
const post = ["POST", "/_/start", "application/json", '{"a":1}'];
const poll = ["GET", "/_/next", undefined, ""];
const start = async (theAnswers, spinner, cb) => {
	answers = theAnswers;
	asked.length = 0;
	return startRequest(`${base}/_/start`, { a: 1 }, 1, spinner, cb);
};

const spinner = { active: false };
assert.deepEqual(await start([[200, finished]], spinner, null), finished);
assert.deepEqual(asked, [post]);
assert.equal(spinner.active, false);

const seen = [];
const last = await start([[200, running], [200, running], [200, finished]], spinner, (progress) => {
	assert.equal(spinner.active, true);
	seen.push(progress);
});
assert.deepEqual(last, finished);
assert.deepEqual(seen, [running, running, finished]);
assert.deepEqual(asked, [post, poll, poll]);
assert.equal(spinner.active, false);

assert.deepEqual(await start([[200, running], [200, failed]], null, null), failed);
for (const theAnswers of [[[500, {}]], [[200, running], [503, {}]]]) {
	await assert.rejects(start(theAnswers, spinner, null), (e) => e instanceof all.HeadwayError && /^Bad network response: /.test(e.message));
	assert.equal(spinner.active, false);
}
server.close();
server.closeAllConnections(); // those that fetch keeps; close() does so itself only since Node 19
await assert.rejects(start([], spinner, null), TypeError); // the server is gone: what fetch says
assert.equal(spinner.active, false);
process.exit(0);
