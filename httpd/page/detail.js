// SPDX-License-Identifier: BSD-3-Clause
// The detail of one record: all of its members.
import { CancelForm } from "./cancel.js";
import { amount, amountText, dateAndTime, duration, make, rateText, show } from "./format.js";
import { statusOf } from "./model.js";
import { drawBar, drawSpark, drawTally, isUnheard, newBar, newSpark, noteText, statusText, timeText, whenText } from "./row.js";
import { bandOf, elapsed, idleFor, rateOf, spark } from "./time.js";

const PARTS = 50; // children shown at most

function text(tag, className, value, lines) {
	const element = make(tag, className);
	if (value !== undefined) show(element, value, lines);
	return element;
}

function pairs(entries) {
	const list = make("dl");
	for (const [key, value, className] of entries) {
		if (value === null || value === undefined || value === "") continue;
		list.append(text("dt", "", key));
		if (value instanceof Node) make("dd", "", list).append(value);
		else list.append(text("dd", className ?? "", String(value), true));
	}
	return list;
}

/** An owner that ended after its record was over has exited, whatever ended it. */
function ownerText({ owner, lost }) {
	if (!owner) return "none (detached)";
	const ended = lost ? "dead" : "exited";
	const life = owner.alive === true ? "alive" : owner.alive === false ? ended : "not known whether alive";
	return `${owner.command || "process"}, pid ${owner.pid}, ${life}`;
}

function cancelFact(request) {
	if (!request) return null;
	const at = dateAndTime(Date.parse(request.at));
	return request.reason ? `${at}: ${request.reason}` : at;
}

/** The record's writer chooses the url: it becomes a link only for http and https. */
function link(url) {
	let target;
	try {
		target = new URL(url, location.href);
	} catch {
		return url;
	}
	if (!/^https?:$/.test(target.protocol)) return url;
	const a = text("a", "", url);
	a.href = target.href;
	a.rel = "noreferrer noopener";
	a.target = "_blank";
	return a;
}

/** Where the page may not use the clipboard (http of another host), copies a selection. */
async function copy(value, button) {
	try {
		await navigator.clipboard.writeText(value);
	} catch {
		const field = make("textarea", "", button.parentElement);
		field.value = value;
		field.select();
		document.execCommand("copy");
		field.remove();
	}
	button.textContent = "copied";
	setTimeout(() => (button.textContent = "copy"), 1500);
}

function copyable(value) {
	const box = make("span", "mono");
	box.append(value, " ");
	const button = make("button", "small", box);
	button.type = "button";
	button.textContent = "copy";
	button.setAttribute("aria-label", `Copy ${value}`);
	button.addEventListener("click", () => copy(value, button));
	return box;
}

const order = { Error: 0, Lost: 1, Running: 2, Finished: 3 };

export class DetailView {
	#box;
	#model;
	#on;
	#drawn = "";
	#live = null; // elements that change with time
	#parts = [];
	#cancel = null; // a function, if the server lets records be cancelled
	#form = null; // the CancelForm of the record that is shown
	id = null;

	constructor(box, model, on) {
		this.#box = box;
		this.#model = model;
		this.#on = on;
	}

	open(id, focus = true) {
		if (id !== this.id) this.#form = null;
		this.id = id;
		this.#drawn = "";
		this.#box.hidden = false;
		this.#box.scrollTop = 0;
		this.draw();
		if (focus) this.#box.focus();
	}

	/** cancel(id, reason) asks the owner to stop and resolves to what went wrong; null: the server refuses that. */
	allowCancel(cancel) {
		if (cancel === this.#cancel) return;
		this.#cancel = cancel;
		this.#form = null;
		this.#drawn = "";
		this.draw();
	}

	close() {
		this.id = null;
		this.#box.hidden = true;
	}

	/** Draws all of it if the record changed, otherwise only its times and counters. */
	draw() {
		if (!this.id) return;
		const record = this.#model.records.get(this.id);
		const children = this.#model.childrenOf(this.id).sort((a, b) => order[statusOf(a)] - order[statusOf(b)] || a._started - b._started);
		const key = record ? [record.version, record.status, record.owner?.alive, ...children.map((c) => c.id + c.status)].join() : "gone";
		if (`${this.id} ${key}` !== this.#drawn) {
			this.#drawn = `${this.id} ${key}`;
			this.#build(record, children);
		}
		if (record) this.#tick(record);
	}

	#top(title) {
		const top = make("div", "top");
		const heading = text("h2", "", title);
		heading.id = "detail-title";
		const close = text("button", "close", "✕");
		close.type = "button";
		close.setAttribute("aria-label", "Close");
		close.addEventListener("click", () => this.#on.close());
		top.append(heading, close);
		return top;
	}

	#build(record, children) {
		this.#parts = [];
		if (!record) {
			this.#box.className = "";
			this.#box.replaceChildren(this.#top("This record is gone"), text("p", "", "It was removed, its time was over, or its room was needed."));
			return;
		}
		this.#box.className = statusOf(record);
		const content = [this.#top(record.name || record.id), ...this.#progress()];
		const error = record.status === "Error" ? record.messages.find((m) => m.key === "Error") : null;
		if (error) content.push(text("p", "why", error.value, true));
		const messages = record.messages.filter((m) => m !== error);
		if (messages.length) content.push(text("h3", "", "Messages"), pairs(messages.map((m) => [m.key, m.value])));
		if (this.#cancel && record.status === "Running" && !record.cancel_requested) content.push(this.#cancelForm(record.id));
		if (children.length) content.push(...this.#children(children));
		if (record.results !== undefined) content.push(text("h3", "", "Results"), this.#results(record));
		content.push(text("h3", "", "Record"), this.#facts(record));
		this.#replace(content);
	}

	/** What stands around the form is replaced; the form is not moved, so that it keeps its focus. */
	#replace(content) {
		const kept = this.#form?.element;
		const at = content.indexOf(kept);
		if (at < 0 || kept.parentElement !== this.#box) return this.#box.replaceChildren(...content);
		for (const child of [...this.#box.childNodes]) if (child !== kept) child.remove();
		kept.before(...content.slice(0, at));
		kept.after(...content.slice(at + 1));
	}

	/** The same one as long as the record is shown: somebody may be writing into it. */
	#cancelForm(id) {
		if (this.#form?.id !== id) this.#form = new CancelForm(id, this.#cancel);
		return this.#form.element;
	}

	#results(record) {
		const pre = text("pre", "", JSON.stringify(record.results, null, 2), true);
		pre.tabIndex = 0;
		return pre;
	}

	#progress() {
		const line = make("p", "line");
		this.#live = { bar: newBar(), status: make("strong", "status", line), text: make("span", "", line) };
		this.#live.spark = newSpark(line);
		this.#live.still = make("p", "still-note");
		this.#live.counters = make("div");
		return [this.#live.bar, line, this.#live.still, this.#live.counters];
	}

	#children(children) {
		const heading = text("h3", "", `Parts (${children.length})`);
		const list = make("div", "parts");
		for (const child of children.slice(0, PARTS)) {
			const button = make("button", `part ${statusOf(child)}`, list);
			button.type = "button";
			button.append(text("span", `status ${statusOf(child)}`, statusText(child)), text("bdi", "name", child.name || child.id));
			const live = { id: child.id, bar: newBar(button), amount: make("span", "amount", button), tally: make("span", "tally", button) };
			live.bar.setAttribute("aria-hidden", "true"); // the amount says the same
			live.note = make("span", "note", button);
			this.#parts.push(live);
			button.addEventListener("click", () => this.#on.open(child.id));
		}
		if (children.length > PARTS) list.append(text("p", "", `and ${children.length - PARTS} more`));
		return [heading, list];
	}

	#kin(record) {
		const button = text("button", "kin", `${statusText(record)} ${record.name || record.id}`);
		button.type = "button";
		button.addEventListener("click", () => this.#on.open(record.id));
		return button;
	}

	#facts(record) {
		const parent = record.parent ? this.#model.records.get(record.parent) : null;
		return pairs([
			["Part of", parent ? this.#kin(parent) : record.parent, "mono"],
			["Owner", ownerText(record)],
			["Started", dateAndTime(record._started)],
			["Asked to stop", cancelFact(record.cancel_requested)],
			["Updated", dateAndTime(record._updated)],
			["Ended", record._finished ? dateAndTime(record._finished) : null],
			["Id", copyable(record.id)],
			["Url", link(record.url)],
			["Version", record.version],
		]);
	}

	#tick(record) {
		const now = this.#model.now();
		const live = this.#live;
		const still = this.#model.isStill(record) && !isUnheard(record);
		drawBar(live.bar, record);
		live.status.className = `status ${statusOf(record)}`;
		show(live.status, statusText(record));
		const rate = record.status === "Running" && !isUnheard(record) ? rateText(rateOf(record, now), record.unit) : "";
		const under = record.status === "Running" && !still ? `for ${duration(elapsed(record, now))}` : "";
		const time = still ? "" : timeText(this.#model, record, now);
		const band = bandOf(record, now);
		const range = band && !still ? `earlier runs say ${duration(band[0])} to ${duration(band[1])}` : "";
		const facts = [amountText(record), rate, time === under ? "" : under, time, range, record._finished ? whenText(record, now) : ""];
		show(live.text, ` ${facts.filter(Boolean).join(" · ")} `);
		drawSpark(live.spark, spark(record, now));
		live.still.hidden = !still;
		if (still) show(live.still, `No change for ${duration(idleFor(record, now))}: no message came and no counter moved.`);
		this.#tickCounters(record);
		const tallies = this.#parts.length ? this.#model.tallies() : null;
		for (const part of this.#parts) this.#tickPart(part, tallies, now);
	}

	#tickPart(part, tallies, now) {
		const child = this.#model.records.get(part.id);
		if (!child) return;
		drawBar(part.bar, child);
		show(part.amount, [amountText(child), timeText(this.#model, child, now)].filter(Boolean).join(" · "));
		drawTally(part.tally, tallies.get(part.id) ?? null);
		show(part.note, noteText(child));
	}

	#tickCounters(record) {
		const counters = Object.entries(record.counters ?? {});
		const all = record.total || record.done ? [["done", record.done], ["total", record.total || null], ...counters] : counters;
		const key = JSON.stringify(all);
		const box = this.#live.counters;
		if (box._key === key) return;
		box._key = key;
		const list = pairs(all.map(([k, v]) => [k, v === null ? null : amount(v, k === "done" || k === "total" ? record.unit : "")]));
		all.filter(([, v]) => v !== null).forEach(([, v], i) => (list.querySelectorAll("dd")[i].title = String(v)));
		box.replaceChildren(list);
	}
}
