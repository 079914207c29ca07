// SPDX-License-Identifier: BSD-3-Clause
// Shows the tree as rows. Only visible rows have elements, which are reused as the list scrolls.
import { make } from "./format.js";
import { drawRow, newRow } from "./row.js";
import { drawAxis, drawLane, rangeOf } from "./timeline.js";

const BEYOND = 6; // rows drawn above and below the visible ones
const COLUMNS = [
	["name", "Name", "name"],
	["note", "Message", null],
	["status", "Status", "status"],
	["progress", "Progress", "progress"],
	["amount", "Amount", "done"],
	["rate", "Rate", "rate"],
	["time", "Time", "elapsed"],
	["when", "When", "finished"],
];

export class ListView {
	#box;
	#head;
	#axis;
	#space;
	#model;
	#rows = [];
	#pool = [];
	#drawn = new Map(); // index -> element
	#isTimeline = false;
	chosen = null; // id

	constructor(box, model, { onOpen, onFold, onSort }) {
		this.#box = box;
		this.#model = model;
		this.#head = this.#newHead(onSort);
		this.#space = make("div", "space", box);
		this.#space.setAttribute("role", "rowgroup");
		box.addEventListener("scroll", () => this.draw(), { passive: true });
		new ResizeObserver(() => this.draw()).observe(box);
		box.addEventListener("click", (event) => {
			const row = event.target.closest(".row");
			if (!row?._id) return;
			if (event.target.classList.contains("fold")) onFold(row._id);
			else onOpen(row._id);
		});
	}

	#newHead(onSort) {
		const group = make("div", "head", this.#box);
		group.setAttribute("role", "rowgroup");
		const row = make("div", "row", group);
		row.setAttribute("role", "row");
		for (const [column, title, sort] of COLUMNS) {
			const cell = make("div", column === "name" ? "who" : column, row);
			cell.setAttribute("role", "columnheader");
			if (!sort) {
				cell.textContent = title;
				continue;
			}
			const button = make("button", "", cell);
			button.type = "button";
			button.textContent = title;
			button.dataset.sort = sort;
			button.addEventListener("click", () => onSort(sort));
		}
		this.#axis = make("div", "lane axis", row);
		this.#axis.setAttribute("role", "columnheader");
		this.#axis.setAttribute("aria-label", "From start to end");
		return row;
	}

	/** "", a key, or - and a key. */
	showSort(sort) {
		const key = sort.replace(/^-/, "");
		for (const button of this.#head.querySelectorAll("button")) {
			const is = button.dataset.sort === key;
			const cell = button.parentElement;
			if (is) cell.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
			else cell.removeAttribute("aria-sort");
		}
	}

	showTimeline(on) {
		this.#isTimeline = on;
		this.#box.classList.toggle("timeline", on);
		this.draw();
	}

	get rows() {
		return this.#rows;
	}

	get #height() {
		return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
	}

	setRows(rows) {
		this.#rows = rows;
		this.#box.setAttribute("aria-rowcount", String(rows.length + 1));
		this.draw();
	}

	indexOf(id) {
		return this.#rows.findIndex((row) => row.record.id === id);
	}

	/** Number of rows that fit below the heads. */
	get page() {
		return Math.max(1, Math.floor((this.#box.clientHeight - this.#head.offsetHeight) / this.#height) - 1);
	}

	reveal(index) {
		const height = this.#height;
		const top = index * height;
		const visible = this.#box.clientHeight - this.#head.offsetHeight;
		if (top < this.#box.scrollTop) this.#box.scrollTop = top;
		else if (top + height > this.#box.scrollTop + visible) this.#box.scrollTop = top + height - visible;
	}

	draw() {
		const height = this.#height;
		const top = this.#box.scrollTop;
		const first = Math.max(0, Math.floor(top / height) - BEYOND);
		const end = Math.min(this.#rows.length, Math.ceil((top + this.#box.clientHeight) / height) + BEYOND);
		const total = `${this.#rows.length * height}px`;
		if (this.#space.style.height !== total) this.#space.style.height = total;
		for (const [index, element] of this.#drawn) {
			if (index >= first && index < end) continue;
			element.hidden = true;
			this.#pool.push(element);
			this.#drawn.delete(index);
		}
		const now = this.#model.now();
		const range = this.#isTimeline ? rangeOf(this.#rows, now) : null;
		if (range) drawAxis(this.#axis, this.#space, range, this.#axis.clientWidth);
		let active = null;
		for (let index = first; index < end; index++) {
			const element = this.#element(index);
			const row = this.#rows[index];
			const isChosen = row.record.id === this.chosen;
			element._id = row.record.id;
			element.style.transform = `translateY(${index * height}px)`;
			element.setAttribute("aria-rowindex", String(index + 2));
			drawRow(element, row, this.#model, isChosen);
			if (range) drawLane(element._parts, row.record, range, now);
			if (isChosen) active = element.id;
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
}
