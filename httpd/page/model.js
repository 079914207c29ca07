// SPDX-License-Identifier: BSD-3-Clause
// The records, their tree, their order, and filters.  Independent of the page.

const WINDOW_MS = 12000; // a rate is reckoned over this much of the past
const SAMPLES = 24;

/** Its owner is dead, and nobody has swept yet. */
export const isOrphan = (record) => record.status === "Running" && record.owner?.alive === false;

/** "Running", "Finished", "Error", and "Lost" for one whose owner died. */
export const statusOf = (record) => (record.lost || isOrphan(record) ? "Lost" : record.status);

export class Model {
	records = new Map(); // id -> the full view; members that begin with _ are added here
	#children = new Map(); // id -> Set of ids
	collapsed = new Set();

	clear() {
		this.records.clear();
		this.#children.clear();
	}

	put(record, now = Date.now()) {
		const old = this.records.get(record.id);
		record._seen = now;
		record._started = Date.parse(record.started_at);
		record._finished = record.finished_at ? Date.parse(record.finished_at) : 0;
		record._samples = old?._samples ?? [];
		if (record.status === "Running" && (!old || old.done !== record.done)) {
			record._samples.push([now, record.done]);
			if (record._samples.length > SAMPLES) record._samples.shift();
		}
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

	counts() {
		const counts = { Running: 0, Finished: 0, Error: 0 };
		for (const record of this.records.values()) counts[record.status]++;
		return counts;
	}

	/**
	 * The rows of the list, from top to bottom: {record, depth, children, open, dim}.  Errors first, then
	 * Running, then finished records, newest first; children in the order of their start.  A filter keeps
	 * the records that match and, dimmed, their ancestors.
	 */
	rows({ text = "", statuses = new Set() } = {}) {
		const words = text.toLowerCase().split(/\s+/).filter(Boolean);
		const filtering = words.length > 0 || statuses.size > 0;
		const matches = filtering ? this.#matching(words, statuses) : null;
		const kept = filtering ? this.#withAncestors(matches) : null;
		const ranks = new Map();
		const roots = [];
		for (const record of this.records.values()) {
			if (kept && !kept.has(record.id)) continue;
			if (!this.#parentOf(record)) roots.push(record);
		}
		roots.sort((a, b) => this.#rank(a, ranks) - this.#rank(b, ranks) || b._started - a._started || (a.id < b.id ? -1 : 1));
		const rows = [];
		for (const root of roots) this.#descend(root, 0, kept, matches, rows, new Set());
		return rows;
	}

	#parentOf(record) {
		return record.parent && record.parent !== record.id ? this.records.get(record.parent) : undefined;
	}

	#matching(words, statuses) {
		const matches = new Set();
		for (const record of this.records.values()) {
			if (statuses.size > 0 && !statuses.has(record.status)) continue;
			if (words.length > 0) {
				record._text ??= textOf(record);
				if (!words.every((word) => record._text.includes(word))) continue;
			}
			matches.add(record.id);
		}
		return matches;
	}

	#withAncestors(matches) {
		const kept = new Set(matches);
		for (const id of matches) {
			let parent = this.#parentOf(this.records.get(id));
			while (parent && !kept.has(parent.id)) {
				kept.add(parent.id);
				parent = this.#parentOf(parent);
			}
		}
		return kept;
	}

	/** 0: an error in it or below; 1: something runs; 2: all is over. */
	#rank(record, ranks) {
		if (ranks.has(record.id)) return ranks.get(record.id);
		let rank = { Error: 0, Lost: 0, Running: 1 }[statusOf(record)] ?? 2;
		ranks.set(record.id, rank); // before the children: a circle ends here
		for (const id of this.#children.get(record.id) ?? []) {
			const child = this.records.get(id);
			if (child) rank = Math.min(rank, this.#rank(child, ranks));
		}
		ranks.set(record.id, rank);
		return rank;
	}

	#descend(record, depth, kept, matches, rows, above) {
		let children = this.childrenOf(record.id).filter((c) => (!kept || kept.has(c.id)) && !above.has(c.id));
		children.sort((a, b) => a._started - b._started || (a.id < b.id ? -1 : 1));
		const open = !this.collapsed.has(record.id);
		rows.push({ record, depth, children: children.length, open, dim: matches ? !matches.has(record.id) : false });
		if (!open || children.length === 0) return;
		above.add(record.id);
		for (const child of children) this.#descend(child, depth + 1, kept, matches, rows, above);
		above.delete(record.id);
	}
}

function textOf(record) {
	const parts = [record.name, record.id, record.unit, record.owner?.command, String(record.owner?.pid ?? "")];
	for (const message of record.messages) parts.push(message.key, message.value);
	return parts.filter(Boolean).join("\n").toLowerCase();
}

/** Units a second: of late while it runs and moves, over its whole life else; null: unknown. */
export function rateOf(record, now) {
	if (record.status !== "Running") return record.rate ?? null;
	const recent = record._samples.find(([at]) => now - at < WINDOW_MS);
	const last = record._samples.at(-1);
	if (recent && last && now - recent[0] > 1500 && last[1] > recent[1]) return ((last[1] - recent[1]) * 1000) / (now - recent[0]);
	const seconds = (now - record._started) / 1000;
	return record.done > 0 && seconds > 0 ? record.done / seconds : null;
}

export function etaOf(record, now) {
	const rate = rateOf(record, now);
	if (record.status !== "Running" || !record.total || !rate) return null;
	return record.done >= record.total ? 0 : (record.total - record.done) / rate;
}
