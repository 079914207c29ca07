// SPDX-License-Identifier: BSD-3-Clause

export type Status = "Running" | "Finished" | "Error";

export interface Message {
	key: string;
	value: string;
}

/** The full view of a record. */
export interface HeadwayRecord {
	id: string;
	status: Status;
	name: string;
	unit: string;
	messages: Message[];
	/** Left out when never set. */
	results?: unknown;
	url: string;
	done: number;
	/** 0: unknown. */
	total: number;
	counters: { [name: string]: number };
	parent: string | null;
	/** null: it is detached. */
	owner: { pid: number; command: string; alive: boolean | null } | null;
	started_at: string;
	updated_at: string;
	finished_at: string | null;
	elapsed_seconds: number | null;
	/** Units a second; null: unknown. */
	rate: number | null;
	eta_seconds: number | null;
	/** In Error because its owner died. */
	lost: boolean;
	version: number;
	/** Its owner was asked to stop. */
	cancel_requested?: { reason: string; at: string } | null;
	/** Within which eta_seconds is expected to turn out; there only if earlier runs are remembered. */
	eta_low_seconds?: number | null;
	eta_high_seconds?: number | null;
}

/** An error answer of the server; status 0: the server could not be reached. */
export class HeadwayError extends Error {
	constructor(status: number, message: string, retryAfterMs?: number);
	readonly status: number;
	readonly retryAfterMs: number;
	/** May the same request succeed later? */
	get isPassing(): boolean;
}

export interface Options {
	/** Sent as a bearer token. */
	token?: string;
	signal?: AbortSignal;
	headers?: { [name: string]: string };
	/** Used instead of the global one. */
	fetch?: typeof fetch;
}

export type State = "connecting" | "live" | "waiting" | "closed";

export interface FollowOptions extends Options {
	/** "auto" (the default): events, or polling where there are none. */
	mode?: "auto" | "events" | "poll";
	onChange?: (record: HeadwayRecord) => void;
	onState?: (state: State, error?: HeadwayError) => void;
}

export interface WatchOptions extends Options {
	/** A pattern like "build-*". */
	name?: string;
	ids?: string[];
	onRecord?: (record: HeadwayRecord) => void;
	onRemoved?: (id: string) => void;
	/** All records are told anew. */
	onReset?: () => void;
	/** All that there are have been told; the reason when there is no arena to read. */
	onReady?: (problem?: string) => void;
	onState?: (state: State, error?: HeadwayError) => void;
}

export interface Watching {
	close(): void;
	/** Resolves after close(), or rejects when it cannot go on. */
	closed: Promise<void>;
}

/** One record's full view, now. */
export function read(url: string | URL, options?: Options): Promise<HeadwayRecord>;

/** Follow one record from its URL until it is Finished or in Error; resolves with its last full view. */
export function follow(url: string | URL, options?: FollowOptions): Promise<HeadwayRecord>;

/** Watch all records of a server, or those of a name or list of ids, for as long as wanted. */
export function watch(url: string | URL, options?: WatchOptions): Watching;

/** Milliseconds to wait before try number n. */
export function backoff(n: number, least?: number, random?: () => number): number;

/** A parser of server-sent events, fed with pieces of text. */
export class EventParser {
	lastId: string;
	push(text: string): { type: string; data: string; id: string }[];
}
