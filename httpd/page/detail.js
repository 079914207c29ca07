// SPDX-License-Identifier: BSD-3-Clause
// The detail of one record: all of its members.
import { amount, duration, show } from "./format.js";
import { amountText, drawBar, rateText, statusText, timeText } from "./list.js";
import { isOrphan, statusOf } from "./model.js";

function make(tag, className, text, lines) {
	const element = document.createElement(tag);
	if (className) element.className = className;
	if (text !== undefined) show(element, text, lines);
	return element;
}

function pairs(entries) {
	const list = make("dl");
	for (const [key, value, className] of entries) {
		if (value === null || value === undefined || value === "") continue;
		list.append(make("dt", "", key));
		if (value instanceof Node) {
			const dd = make("dd");
			dd.append(value);
			list.append(dd);
		} else list.append(make("dd", className ?? "", String(value), true));
	}
	return list;
}

const clock = (iso) => (iso ? new Date(iso).toLocaleString() : null);

function ownerText(owner) {
	if (!owner) return "none (detached)";
	const life = owner.alive === true ? "alive" : owner.alive === false ? "dead" : "not known whether alive";
	return `${owner.command || "process"}, pid ${owner.pid}, ${life}`;
}

/** The url is chosen by the record's writer: a link only for http and https. */
function link(url) {
	let target;
	try {
		target = new URL(url, location.href);
	} catch {
		return url;
	}
	if (!/^https?:$/.test(target.protocol)) return url;
	const a = make("a", "", url);
	a.href = target.href;
	a.rel = "noreferrer noopener";
	a.target = "_blank";
	return a;
}

function section(title, ...content) {
	return [make("h3", "", title), ...content];
}

export class DetailView {
	#box;
	#model;
	#on;
	#drawn = "";
	id = null;

	constructor(box, model, on) {
		this.#box = box;
		this.#model = model;
		this.#on = on;
	}

	open(id) {
		this.id = id;
		this.#drawn = "";
		this.#box.hidden = false;
		this.#box.scrollTop = 0;
		this.draw();
	}

	close() {
		this.id = null;
		this.#box.hidden = true;
	}

	/** All of it when the record changed, else only its times and counters. */
	draw() {
		if (!this.id) return;
		const record = this.#model.records.get(this.id);
		const children = this.#model.childrenOf(this.id);
		const key = record ? `${record.id} ${record.version} ${record.status} ${record.owner?.alive} ${children.length}` : "gone";
		if (key !== this.#drawn) {
			this.#drawn = key;
			this.#build(record, children);
		}
		if (record) this.#tick(record);
	}

	#build(record, children) {
		const top = make("div", "top");
		const close = make("button", "close", "✕");
		close.type = "button";
		close.setAttribute("aria-label", "Close");
		close.addEventListener("click", () => this.#on.close());
		top.append(make("h2", "", record ? record.name || record.id : "This record is gone"), close);
		if (!record) {
			this.#box.replaceChildren(top, make("p", "", "Its time was over, or its room was needed."));
			return;
		}
		this.#box.className = statusOf(record);
		const parts = [top, ...this.#progress(record)];
		const error = record.status === "Error" ? record.messages.find((m) => m.key === "Error") : null;
		if (error) parts.push(make("p", "why", error.value, true));
		if (isOrphan(record)) parts.push(make("p", "why", "Its owner is dead: the next reap ends this record as Error."));
		const messages = record.messages.filter((m) => m !== error);
		if (messages.length) parts.push(...section("Messages", pairs(messages.map((m) => [m.key, m.value]))));
		if (record.results !== undefined) parts.push(...section("Results", make("pre", "", JSON.stringify(record.results, null, 2), true)));
		if (children.length) parts.push(...section("Parts", ...children.slice(0, 50).map((c) => this.#kin(c))));
		parts.push(...section("Record", this.#facts(record)));
		this.#box.replaceChildren(...parts);
	}

	#progress(record) {
		const bar = make("div", "bar");
		const fill = document.createElement("i");
		bar.append(fill);
		bar.setAttribute("role", "progressbar");
		this._status = make("strong", `status ${statusOf(record)}`);
		this._amount = make("span");
		this._time = make("span");
		this._bar = bar;
		this._fill = fill;
		this._counters = make("div");
		const line = make("div");
		line.append(this._status, " ", this._amount, " ", this._time);
		return [bar, line, this._counters];
	}

	#facts(record) {
		const parent = record.parent ? this.#model.records.get(record.parent) : null;
		return pairs([
			["Part of", parent ? this.#kin(parent) : record.parent, "mono"],
			["Owner", ownerText(record.owner)],
			["Started", clock(record.started_at)],
			["Updated", clock(record.updated_at)],
			["Finished", clock(record.finished_at)],
			["Id", record.id, "mono"],
			["Url", link(record.url)],
			["Version", record.version],
		]);
	}

	#kin(record) {
		const button = make("button", "kin");
		button.type = "button";
		show(button, `${statusText(record)} ${record.name || record.id}`);
		button.addEventListener("click", () => this.#on.open(record.id));
		return button;
	}

	#tick(record) {
		const now = Date.now();
		drawBar(this._bar, this._fill, record);
		show(this._status, statusText(record));
		show(this._amount, [amountText(record), rateText(record, now)].filter(Boolean).join(", "));
		show(this._time, `· ${timeText(record, now)}`);
		const counters = Object.entries(record.counters ?? {});
		const all = record.total || record.done ? [["done", record.done], ["total", record.total || null], ...counters] : counters;
		const text = JSON.stringify(all);
		if (this._counters._key === text) return;
		this._counters._key = text;
		this._counters.replaceChildren(pairs(all.map(([k, v]) => [k, v === null ? null : `${v.toLocaleString("en")}${k === "done" || k === "total" ? ` ${record.unit}` : ""}`])));
	}
}
