// SPDX-License-Identifier: BSD-3-Clause
// Starts work on a server and follows it, with the signature of startRequest in Skia's perf/modules/progress: for pages
// of services whose progress is served by that package, by headway/progress, or by headway-httpd.
import { HeadwayError } from "./headway.js";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ask(url, request) {
	const response = await fetch(url, request);
	if (!response.ok) throw new HeadwayError(response.status, `Bad network response: ${response.statusText}`);
	return response.json();
}

/**
 * Posts body, as JSON, to the URL that starts the work; then asks the URL of each answer, every period
 * milliseconds, until the work is over.  Resolves with the last answer, also when that is in Error; rejects when a request
 * fails.  spinner.active is true meanwhile; cb is called with each answer.  Both may be null.
 */
export async function startRequest(startingURL, body, period, spinner, cb) {
	if (spinner) spinner.active = true;
	try {
		let progress = await ask(startingURL, {
			method: "POST",
			body: JSON.stringify(body),
			headers: { "Content-Type": "application/json" },
		});
		for (;;) {
			cb?.(progress);
			if (progress.status !== "Running") return progress;
			await pause(period);
			progress = await ask(progress.url, { method: "GET" });
		}
	} finally {
		if (spinner) spinner.active = false;
	}
}
