// SPDX-License-Identifier: BSD-3-Clause
// Following the records of headway-httpd, in browsers and in Node (18 and later).  No dependencies.
//
//   import { follow, watch, read } from "./headway.js";
//
//   const record = await follow("http://127.0.0.1:8080/_/status/ID", {
//     onChange: (record) => console.log(record.status, record.done, "of", record.total),
//   });                                          // resolves when it is Finished or in Error
//
//   const watching = watch("http://127.0.0.1:8080/", {
//     onRecord: (record) => ..., onRemoved: (id) => ..., onReset: () => ..., onReady: () => ...,
//   });
//   watching.close();
//
// Options of all: token (bearer), signal (AbortSignal), headers, fetch. Of follow and watch:
// onState(state, detail): "connecting", "live", "waiting" (with a HeadwayError for detail),
// "closed". Of follow: mode "auto" (events, else polling), "events", "poll". Of watch: name (a
// pattern like "build-*"), ids (an array). onReady gets the reason why there is no arena to read,
// when there is none; it is called again when that changes.

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30000;
const SILENCE_MS = 45000; // the server sends a comment every 15 seconds
const WAIT_SECONDS = 25;

/** An error answer of the server; status 0: the server could not be reached. */
export class HeadwayError extends Error {
	constructor(status, message, retryAfterMs = 0) {
		super(message);
		this.name = "HeadwayError";
		this.status = status;
		this.retryAfterMs = retryAfterMs;
	}

	/** True if the same request may succeed later. */
	get isPassing() {
		return this.status === 0 || this.status === 429 || this.status >= 500;
	}
}

/** Resolves after ms, or rejects when the signal is aborted. */
function sleep(ms, signal) {
	return new Promise((resolve, reject) => {
		if (signal?.aborted) {
			reject(signal.reason);
			return;
		}
		const stop = () => {
			clearTimeout(timer);
			reject(signal.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener("abort", stop);
			resolve();
		}, ms);
		signal?.addEventListener("abort", stop, { once: true });
	});
}

/** Milliseconds to wait before attempt number n: doubled each time, half of it random, so that many
 * clients do not connect at the same moment. */
export function backoff(n, least = 0, random = Math.random) {
	const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(n, 16));
	return Math.max(least, most / 2 + (random() * most) / 2);
}

async function problemOf(response) {
	let detail = response.statusText;
	try {
		detail = (await response.json()).detail ?? detail;
	} catch {
		// not a problem document: use the status line
	}
	const seconds = Number(response.headers.get("retry-after"));
	return new HeadwayError(response.status, detail, seconds > 0 ? seconds * 1000 : 0);
}

async function ask(url, options, headers) {
	const fetcher = options.fetch ?? globalThis.fetch;
	const all = { ...options.headers, ...headers };
	if (options.token) all.Authorization = `Bearer ${options.token}`;
	let response;
	try {
		response = await fetcher(url, { headers: all, signal: options.signal, cache: "no-store" });
	} catch (error) {
		if (options.signal?.aborted) throw options.signal.reason;
		throw new HeadwayError(0, `cannot reach ${new URL(url).origin}: ${error.cause?.message ?? error.message}`);
	}
	if (response.ok || response.status === 304) return response;
	throw await problemOf(response);
}

/** One record's full view, now. */
export async function read(url, options = {}) {
	const target = new URL(url);
	target.searchParams.set("view", "full");
	return (await ask(target, options)).json();
}

/** A parser of server-sent events that gets its input in pieces. */
export class EventParser {
	#rest = "";
	#event = { type: "message", data: [] };
	lastId = "";

	/** Returns the events that end in this piece: {type, data, id}. */
	push(text) {
		const events = [];
		const lines = (this.#rest + text).split("\n");
		this.#rest = lines.pop();
		for (const raw of lines) {
			const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
			if (line === "") this.#end(events);
			else this.#field(line);
		}
		return events;
	}

	#field(line) {
		const colon = line.indexOf(":");
		if (colon === 0) return;
		const name = colon < 0 ? line : line.slice(0, colon);
		let value = colon < 0 ? "" : line.slice(colon + 1);
		if (value.startsWith(" ")) value = value.slice(1);
		if (name === "event") this.#event.type = value;
		else if (name === "data") this.#event.data.push(value);
		else if (name === "id") this.lastId = value;
	}

	#end(events) {
		if (this.#event.data.length > 0)
			events.push({ type: this.#event.type, data: this.#event.data.join("\n"), id: this.lastId });
		this.#event = { type: "message", data: [] };
	}
}

/** A signal that is aborted with the outer one, or after a silence of SILENCE_MS. */
function guard(outer) {
	const controller = new AbortController();
	const onAbort = () => controller.abort(outer.reason);
	let timer;
	if (outer?.aborted) onAbort();
	outer?.addEventListener("abort", onAbort, { once: true });
	const touch = () => {
		clearTimeout(timer);
		timer = setTimeout(() => controller.abort(new HeadwayError(0, "the server fell silent")), SILENCE_MS);
	};
	const end = () => {
		clearTimeout(timer);
		outer?.removeEventListener("abort", onAbort);
	};
	touch();
	return { signal: controller.signal, touch, end };
}

/** Reads events from one connection and passes them to onEvent, which returns false to stop. */
async function stream(url, options, state, onEvent) {
	const alive = guard(options.signal);
	const parser = new EventParser();
	const headers = { Accept: "text/event-stream" };
	let reader;
	if (state.lastId) headers["Last-Event-ID"] = state.lastId;
	try {
		const response = await ask(url, { ...options, signal: alive.signal }, headers);
		options.onState?.("live");
		reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return true;
			alive.touch();
			state.failures = 0;
			for (const event of parser.push(value)) {
				state.lastId = event.id;
				if (onEvent(event) === false) return false;
			}
		}
	} catch (error) {
		if (options.signal?.aborted) throw options.signal.reason;
		if (error instanceof HeadwayError) throw error;
		throw new HeadwayError(0, `the connection broke: ${error.message}`);
	} finally {
		alive.end();
		reader?.cancel().catch(() => {});
	}
}

/** Repeats once() until it returns false, or fails with a permanent error. */
async function persist(options, state, once) {
	for (;;) {
		let least = 0;
		options.onState?.("connecting");
		try {
			if ((await once()) === false) return;
		} catch (error) {
			if (!(error instanceof HeadwayError) || !error.isPassing) throw error;
			least = error.retryAfterMs;
			options.onState?.("waiting", error);
		}
		await sleep(backoff(state.failures++, least), options.signal);
	}
}

/** The URL of the event stream, derived from another URL of the server: beside "_/status/",
 * otherwise below its folder. */
function eventsUrl(url, query) {
	const target = new URL(url);
	const at = target.pathname.indexOf("/_/");
	target.pathname = `${target.pathname.slice(0, at < 0 ? target.pathname.lastIndexOf("/") : at)}/_/events`;
	target.search = new URLSearchParams(query).toString();
	target.hash = "";
	return target;
}

const isOver = (record) => record.status === "Finished" || record.status === "Error";

async function followEvents(url, id, options, state) {
	let last;
	await persist(options, state, () =>
		stream(eventsUrl(url, { id }), options, state, (event) => {
			if (event.type === "removed") throw new HeadwayError(410, `record ${id} is gone`);
			if (event.type === "ready" && !last && !JSON.parse(event.data).problem) throw new HeadwayError(404, `no record ${id}`);
			if (event.type !== "progress" && event.type !== "done") return true;
			last = JSON.parse(event.data);
			options.onChange?.(last);
			return !isOver(last);
		}),
	);
	return last;
}

async function followPolling(url, options, state) {
	const target = new URL(url);
	let etag, last;
	target.searchParams.set("view", "full");
	await persist(options, state, async () => {
		for (;;) {
			const began = Date.now();
			// until its tag changes
			if (etag) target.searchParams.set("wait", `${WAIT_SECONDS}s`);
			const response = await ask(target, options, etag ? { "If-None-Match": etag } : {});
			options.onState?.("live");
			state.failures = 0;
			if (response.status === 200) {
				etag = response.headers.get("etag");
				last = await response.json();
				options.onChange?.(last);
				if (isOver(last)) return false;
			} else if (Date.now() - began < 1000) {
				await sleep(1000, options.signal); // the server did not wait
			}
		}
	});
	return last;
}

/** Follows one record from its URL until it is Finished or in Error; resolves with its last full
 * view. Rejects with a HeadwayError (404, 410, 401 ...), or with the signal's reason. */
export async function follow(url, options = {}) {
	const id = new URL(url).pathname.split("/").pop();
	const state = { failures: 0, lastId: "" };
	const mode = options.mode ?? "auto";
	try {
		if (mode === "poll") return await followPolling(url, options, state);
		await read(url, options).catch((error) => {
			if (!(error instanceof HeadwayError) || !error.isPassing) throw error;
		});
		try {
			return await followEvents(url, id, options, state);
		} catch (error) {
			const refused = error instanceof HeadwayError && [404, 405, 406].includes(error.status);
			if (mode === "events" || !refused) throw error;
			return await followPolling(url, options, state);
		}
	} finally {
		options.onState?.("closed");
	}
}

/** Watches all records of a server, or those with a name or in a list of ids, until closed. Returns
 * { close(), closed }: closed resolves after close(), or rejects after a permanent error. */
export function watch(url, options = {}) {
	const controller = new AbortController();
	const state = { failures: 0, lastId: "" };
	const query = {};
	const outer = options.signal;
	const close = () => controller.abort(new DOMException("closed", "AbortError"));
	if (options.name) query.name = options.name;
	if (options.ids) query.id = options.ids.join(",");
	outer?.addEventListener("abort", close, { once: true });
	if (outer?.aborted) close();
	const inner = { ...options, signal: controller.signal };
	const onEvent = (event) => {
		const data = JSON.parse(event.data);
		if (event.type === "reset") options.onReset?.();
		else if (event.type === "ready") options.onReady?.(data.problem);
		else if (event.type === "removed") options.onRemoved?.(data.id);
		else if (event.type === "progress" || event.type === "done") options.onRecord?.(data);
		return true;
	};
	const closed = persist(inner, state, () => stream(eventsUrl(url, query), inner, state, onEvent))
		.catch((error) => {
			if (!controller.signal.aborted) throw error;
		})
		.finally(() => {
			outer?.removeEventListener("abort", close);
			options.onState?.("closed");
		});
	closed.catch(() => {}); // the caller may ignore it
	return { close, closed };
}
