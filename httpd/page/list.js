// SPDX-License-Identifier: BSD-3-Clause
// The tree as rows.  Only visible rows have elements, which are used again as the list scrolls.
import { amount, duration, percent, show } from "./format.js";
import { etaOf, isOrphan, rateOf, statusOf } from "./model.js";

const BEYOND = 6; // rows drawn above and below the visible ones
const MARKS = { Running: "▶", Finished: "✓", Error: "✕", Lost: "✕" };

function make(tag, className, parent) {
	const element = document.createElement(tag);
	element.className = className;
	parent?.append(element);
	return element;
}

function newRow() {
	const row = make("div", "row");
	const who = make("div", "who", row);
	const parts = {
		row,
		who,
		fold: make("button", "fold", who),
		name: make("bdi", "name", who),
		note: make("span", "note", who),
		status: make("span", "status", row),
		bar: make("div", "bar", row),
		amount: make("span", "amount", row),
		rate: make("span", "rate", row),
		time: make("span", "time", row),
	};
	parts.fill = make("i", "", parts.bar);
	parts.fold.type = "button";
	parts.fold.tabIndex = -1;
	row.setAttribute("role", "treeitem");
	parts.bar.setAttribute("role", "progressbar");
	parts.bar.setAttribute("aria-valuemin", "0");
	parts.bar.setAttribute("aria-valuemax", "100");
	row._parts = parts;
	return row;
}

function set(element, text) {
	if (element._plain !== text) {
		element._plain = text;
		element.textContent = text;
	}
}

/** A record's bar, in the list or in its detail. */
export function drawBar(bar, fill, record) {
	const part = percent(record);
	const over = record.status === "Finished" && (part === null || part >= 1);
	bar.classList.toggle("unknown", part === null && !over);
	fill.style.transform = part === null && !over ? "" : `scaleX(${over ? 1 : part})`;
	if (part === null) bar.removeAttribute("aria-valuenow");
	else bar.setAttribute("aria-valuenow", String(Math.floor(part * 100)));
	bar.setAttribute("aria-label", "progress");
}

export function amountText(record) {
	const unit = record.unit && !/^(b|bytes?)$/i.test(record.unit) ? ` ${record.unit}` : "";
	const part = percent(record);
	if (part !== null) {
		const shown = Math.floor(part * 100);
		return `${shown} % of ${amount(record.total, record.unit)}${unit}`;
	}
	return record.done > 0 ? `${amount(record.done, record.unit)}${unit}` : "";
}

export function rateText(record, now) {
	const rate = rateOf(record, now);
	if (!rate) return "";
	if (rate >= 0.1) return `${amount(rate, record.unit)}/s`;
	return rate * 60 >= 0.1 ? `${amount(rate * 60, record.unit)}/min` : `${amount(rate * 3600, record.unit)}/h`;
}

export function timeText(record, now) {
	if (isOrphan(record)) return "owner died";
	if (record.status === "Running") {
		const eta = etaOf(record, now);
		if (eta === 0) return "finishing";
		return eta === null ? duration((now - record._started) / 1000) : `${duration(eta)} left`;
	}
	const took = record._finished ? (record._finished - record._started) / 1000 : record.elapsed_seconds;
	return `took ${duration(took)}`;
}

export function statusText(record) {
	const status = statusOf(record);
	return `${MARKS[status] ?? "?"} ${status}`;
}

function noteText(record) {
	const error = record.status === "Error" ? record.messages.find((m) => m.key === "Error") : null;
	const message = error ?? record.messages.at(-1);
	if (!message) return "";
	return message === error ? message.value : `${message.key}: ${message.value}`;
}

export class ListView {
	#box;
	#space;
	#rows = [];
	#pool = [];
	#drawn = new Map(); // index -> element
	chosen = null; // id

	constructor(box, space, { onOpen, onFold, onChoose }) {
		this.#box = box;
		this.#space = space;
		box.addEventListener("scroll", () => this.draw(), { passive: true });
		new ResizeObserver(() => this.draw()).observe(box);
		box.addEventListener("click", (event) => {
			const row = event.target.closest(".row");
			if (!row) return;
			if (event.target.classList.contains("fold")) onFold(row._id);
			else {
				onChoose(row._id);
				onOpen(row._id);
			}
		});
	}

	get rows() {
		return this.#rows;
	}

	get #height() {
		return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
	}

	setRows(rows) {
		this.#rows = rows;
		this.draw();
	}

	indexOf(id) {
		return this.#rows.findIndex((row) => row.record.id === id);
	}

	reveal(index) {
		const height = this.#height;
		const top = index * height;
		if (top < this.#box.scrollTop) this.#box.scrollTop = top;
		else if (top + height > this.#box.scrollTop + this.#box.clientHeight) this.#box.scrollTop = top + height - this.#box.clientHeight;
	}

	draw() {
		const height = this.#height;
		const first = Math.max(0, Math.floor(this.#box.scrollTop / height) - BEYOND);
		const end = Math.min(this.#rows.length, Math.ceil((this.#box.scrollTop + this.#box.clientHeight) / height) + BEYOND);
		const total = `${this.#rows.length * height}px`;
		if (this.#space.style.height !== total) this.#space.style.height = total;
		for (const [index, element] of this.#drawn) {
			if (index >= first && index < end) continue;
			element.hidden = true;
			this.#pool.push(element);
			this.#drawn.delete(index);
		}
		const now = Date.now();
		let active = null;
		for (let index = first; index < end; index++) {
			const element = this.#element(index);
			this.#drawRow(element, index, height, now);
			if (element._id === this.chosen) active = element.id;
		}
		if (active) this.#box.setAttribute("aria-activedescendant", active);
		else this.#box.removeAttribute("aria-activedescendant");
	}

	#element(index) {
		let element = this.#drawn.get(index);
		if (element) return element;
		element = this.#pool.pop();
		if (!element) {
			element = newRow();
			element.id = `row-${Math.random().toString(36).slice(2)}`;
			this.#space.append(element);
		}
		element.hidden = false;
		this.#drawn.set(index, element);
		return element;
	}

	#drawRow(element, index, height, now) {
		const { record, depth, children, open, dim } = this.#rows[index];
		const p = element._parts;
		element._id = record.id;
		element.style.transform = `translateY(${index * height}px)`;
		element.className = `row ${statusOf(record)}${dim ? " dim" : ""}${record.id === this.chosen ? " chosen" : ""}`;
		element.setAttribute("aria-level", String(depth + 1));
		element.setAttribute("aria-selected", String(record.id === this.chosen));
		element.setAttribute("aria-setsize", String(this.#rows.length));
		element.setAttribute("aria-posinset", String(index + 1));
		if (children) element.setAttribute("aria-expanded", String(open));
		else element.removeAttribute("aria-expanded");
		p.who.style.paddingLeft = `${Math.min(depth, 12) * 18}px`;
		p.fold.className = `fold${children ? "" : " none"}${open ? "" : " shut"}`;
		p.fold.setAttribute("aria-label", open ? "Fold" : "Unfold");
		p.name.classList.toggle("nameless", !record.name);
		show(p.name, record.name || record.id);
		show(p.note, open || !children ? noteText(record) : `${children} inside`);
		p.status.className = `status ${statusOf(record)}`;
		set(p.status, statusText(record));
		drawBar(p.bar, p.fill, record);
		set(p.amount, amountText(record));
		set(p.rate, record.status === "Running" ? rateText(record, now) : "");
		set(p.time, timeText(record, now));
	}
}
