// SPDX-License-Identifier: BSD-3-Clause
// The records, their tree, their order, and filters.  Independent of the page.
import { percent } from "./format.js";
import { globMatcher } from "./glob.js";
import { elapsed, idleFor, prepare, rateOf } from "./time.js";

export const STATUSES = ["Error", "Lost", "Running", "Finished"];

/** "Running", "Finished", "Error", and "Lost" for one whose owner died. */
export const statusOf = (record) => (record.lost ? "Lost" : record.status);

const byStart = (a, b) => a._started - b._started || (a.id < b.id ? -1 : 1);

const RANKS = ["Running", "Finished", "Error", "Lost"];

/** The sort keys, those of `headway dump`, `headway top` and lists over HTTP; -1 is unknown. */
const KEYS = {
	started: (r) => r._started,
	updated: (r) => r._updated,
	finished: (r) => r._finished,
	name: (r) => r.name,
	status: (r) => RANKS.indexOf(statusOf(r)),
	progress: (r) => percent(r) ?? (r.status === "Finished" ? 1 : -1),
	done: (r) => r.done,
	rate: (r, now) => rateOf(r, now) ?? -1,
	elapsed: (r, now) => elapsed(r, now),
	id: (r) => r.id,
};

export const SORTS = Object.keys(KEYS);

function comparison(sort, now) {
	const descending = sort.startsWith("-");
	const key = KEYS[descending ? sort.slice(1) : sort];
	return (a, b) => {
		const x = key(a, now);
		const y = key(b, now);
		const order = x === y ? byStart(a, b) : x < y ? -1 : 1;
		return descending ? -order : order;
	};
}

export class Model {
	records = new Map(); // id -> the full view; members that begin with _ are added here
	collapsed = new Set();
	stillSeconds = 300; // a record without a change for this long is shown as standing still
	#children = new Map(); // id -> Set of ids
	#skew = null; // the server's clock minus the browser's
	#hosts = new Map(); // of a fleet: name -> its row's record

	clear() {
		this.records.clear();
		this.#children.clear();
		this.#hosts.clear();
	}

	get isFleet() {
		return this.#hosts.size > 0;
	}

	/** What the server says of the hosts. */
	setHosts(hosts) {
		const names = new Set(hosts.map((h) => h.host));
		for (const name of this.#hosts.keys()) if (!names.has(name)) this.#hosts.delete(name);
		for (const { host, alive, silent_seconds } of hosts) Object.assign(this.#host(host), { alive, silent: silent_seconds });
	}

	/** The first level of a fleet: looks like a record to the list. */
	#host(name) {
		let host = this.#hosts.get(name);
		if (!host) {
			host = { id: `host:${name}`, name, isHost: true, alive: true, silent: 0, status: "Running", messages: [], _samples: [] };
			this.#hosts.set(name, host);
		}
		return host;
	}

	/** The time by the server's clock. */
	now() {
		return Date.now() + (this.#skew ?? 0);
	}

	/** The text of a record can be up to a second old, so the latest estimate is the best. */
	#setClock(record) {
		if (record.status !== "Running" || record.elapsed_seconds === null) return;
		const skew = Date.parse(record.started_at) + record.elapsed_seconds * 1000 - Date.now();
		const jumped = this.#skew === null || Math.abs(skew - this.#skew) > 5000;
		this.#skew = jumped ? skew : Math.max(skew, this.#skew);
	}

	put(record) {
		const old = this.records.get(record.id);
		this.#setClock(record);
		prepare(record, old, this.now());
		if (record.host) this.#host(record.host).alive = record.host_alive;
		this.records.set(record.id, record);
		if (record.parent) {
			if (!this.#children.has(record.parent)) this.#children.set(record.parent, new Set());
			this.#children.get(record.parent).add(record.id);
		}
	}

	remove(id) {
		const record = this.records.get(id);
		if (!record) return;
		this.records.delete(id);
		this.#children.get(record.parent)?.delete(id);
	}

	childrenOf(id) {
		return [...(this.#children.get(id) ?? [])].map((c) => this.records.get(c)).filter(Boolean);
	}

	isStill(record) {
		return idleFor(record, this.now()) >= this.stillSeconds;
	}

	counts() {
		const counts = { Running: 0, Finished: 0, Error: 0, Lost: 0 };
		for (const record of this.records.values()) counts[statusOf(record)]++;
		return counts;
	}

	parentOf(record) {
		return record.parent && record.parent !== record.id ? this.records.get(record.parent) : undefined;
	}

	/** Map from id to the number of records of each status below it, at any depth. */
	tallies() {
		const tallies = new Map();
		for (const record of this.records.values()) {
			const seen = new Set([record.id]); // parents in a cycle
			for (let p = this.parentOf(record); p && !seen.has(p.id); p = this.parentOf(p)) {
				seen.add(p.id);
				if (!tallies.has(p.id)) tallies.set(p.id, { Running: 0, Finished: 0, Error: 0, Lost: 0 });
				tallies.get(p.id)[statusOf(record)]++;
			}
		}
		return tallies;
	}

	/** The rows of the list, from top to bottom: {record, depth, children, open, dim, tally}.
	 * Without a sort key errors come first, then Running, then finished records, newest first;
	 * children in the order of their start. A filter keeps the records that match and, dimmed,
	 * their ancestors. */
	rows({ text = "", statuses = new Set(), sort = "" } = {}) {
		const tests = testsOf(text);
		const matches = tests.length > 0 || statuses.size > 0 ? this.#matching(tests, statuses) : null;
		const kept = matches && this.#withAncestors(matches);
		const compare = sort ? comparison(sort, this.now()) : null;
		const ranks = new Map();
		const roots = [];
		for (const record of this.records.values()) {
			if (kept && !kept.has(record.id)) continue;
			if (this.#isRoot(record)) roots.push(record);
		}
		roots.sort(compare ?? ((a, b) => this.#rank(a, ranks) - this.#rank(b, ranks) || -byStart(a, b)));
		const grouped = this.isFleet ? this.#byHost(roots, Boolean(kept)) : null;
		const walk = { kept, matches, compare: compare ?? byStart, tallies: this.tallies(), above: new Set(), rows: [] };
		if (!grouped) for (const root of roots) this.#descend(root, 0, walk);
		else for (const [host, below] of grouped) this.#addHost(host, below, walk);
		return walk.rows;
	}

	/** [host, its roots], those with errors first, then the silent ones; roots stay in their order. */
	#byHost(roots, isFiltered) {
		const groups = new Map([...this.#hosts.values()].map((host) => [host, []]));
		const ranks = new Map();
		const rank = ([host, below]) => Math.min(host.alive ? 3 : 0.5, ...below.map((r) => this.#rank(r, ranks)));
		for (const root of roots) {
			const host = this.#host(root.host ?? "");
			if (!groups.has(host)) groups.set(host, []);
			groups.get(host).push(root);
		}
		const list = [...groups].filter(([, below]) => below.length > 0 || !isFiltered);
		return list.sort((a, b) => rank(a) - rank(b) || (a[0].name < b[0].name ? -1 : 1));
	}

	#addHost(host, below, walk) {
		const open = !this.collapsed.has(host.id);
		const tally = { Running: 0, Finished: 0, Error: 0, Lost: 0 };
		for (const root of below) {
			tally[statusOf(root)]++;
			for (const status of STATUSES) tally[status] += walk.tallies.get(root.id)?.[status] ?? 0;
		}
		host._started = Math.min(this.now(), ...below.map((r) => r._started));
		walk.rows.push({ record: host, depth: 0, children: below.length, open, dim: false, tally });
		if (open) for (const root of below) this.#descend(root, 1, walk);
	}

	/** Of parents in a cycle one is the root: that with the first id. */
	#isRoot(record) {
		const circle = [record.id];
		for (let p = this.parentOf(record); p; p = this.parentOf(p)) {
			if (p.id === record.id) return circle.every((id) => id >= record.id);
			if (circle.includes(p.id)) return false; // it hangs below a cycle
			circle.push(p.id);
		}
		return circle.length === 1;
	}

	#matching(tests, statuses) {
		const matches = new Set();
		for (const record of this.records.values()) {
			if (statuses.size > 0 && !statuses.has(statusOf(record))) continue;
			if (tests.every((test) => test(record))) matches.add(record.id);
		}
		return matches;
	}

	#withAncestors(matches) {
		const kept = new Set(matches);
		for (const id of matches) {
			let parent = this.parentOf(this.records.get(id));
			while (parent && !kept.has(parent.id)) {
				kept.add(parent.id);
				parent = this.parentOf(parent);
			}
		}
		return kept;
	}

	/** 0: an error in it or below; 1: something is running; 2: all is over. */
	#rank(record, ranks) {
		if (ranks.has(record.id)) return ranks.get(record.id);
		let rank = { Error: 0, Lost: 0, Running: 1 }[statusOf(record)] ?? 2;
		ranks.set(record.id, rank); // before the children: a cycle ends here
		for (const child of this.childrenOf(record.id)) rank = Math.min(rank, this.#rank(child, ranks));
		ranks.set(record.id, rank);
		return rank;
	}

	#descend(record, depth, walk) {
		const { kept, matches, above, rows } = walk;
		const children = this.childrenOf(record.id).filter((c) => (!kept || kept.has(c.id)) && !above.has(c.id));
		const open = !this.collapsed.has(record.id);
		const tally = walk.tallies.get(record.id) ?? null;
		rows.push({ record, depth, children: children.length, open, dim: Boolean(matches) && !matches.has(record.id), tally });
		if (!open || children.length === 0) return;
		above.add(record.id);
		for (const child of children.sort(walk.compare)) this.#descend(child, depth + 1, walk);
		above.delete(record.id);
	}
}

/** A filter is words, each of which the text of a record contains, and name:PATTERN. */
function testsOf(filter) {
	return filter.split(/\s+/).filter(Boolean).map((word) => {
		if (word.startsWith("name:")) {
			const matches = globMatcher(word.slice(5));
			return (record) => matches(record.name);
		}
		const part = word.toLowerCase();
		return (record) => (record._text ??= textOf(record)).includes(part);
	});
}

function textOf(record) {
	const parts = [record.name, record.host, record.id, record.unit, record.owner?.command, String(record.owner?.pid ?? "")];
	for (const message of record.messages) parts.push(message.key, message.value);
	return parts.filter(Boolean).join("\n").toLowerCase();
}
