// SPDX-License-Identifier: BSD-3-Clause
// One row of the list: its elements, and how they show a record.
import { ago, amountText, dateAndTime, duration, make, percent, rateText, show, tookTime } from "./format.js";
import { STATUSES, statusOf } from "./model.js";
import { elapsed, etaOf, idleFor, rateOf, spark } from "./time.js";

export const MARKS = { Running: "▶", Finished: "✓", Error: "✕", Lost: "⊘" };
const ENDED = { Finished: "finished", Error: "failed", Lost: "lost" };
const SVG = "http://www.w3.org/2000/svg";
const SPARK = { width: 48, height: 16 };

function cell(name, row) {
	const element = make("div", name, row);
	element.setAttribute("role", "gridcell");
	return element;
}

export function newSpark(parent) {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("class", "spark");
	svg.setAttribute("viewBox", `0 0 ${SPARK.width} ${SPARK.height}`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("aria-hidden", "true");
	svg.append(document.createElementNS(SVG, "polyline"));
	parent.append(svg);
	return svg;
}

export function newRow() {
	const row = make("div", "row");
	row.setAttribute("role", "row");
	const parts = { who: cell("who", row) };
	parts.fold = make("button", "fold", parts.who);
	parts.name = make("bdi", "name", parts.who);
	parts.tally = make("span", "tally", parts.who);
	for (const name of ["note", "status", "progress", "amount", "rate", "time", "when", "lane"]) parts[name] = cell(name, row);
	parts.bar = newBar(parts.progress);
	parts.spark = newSpark(parts.rate);
	parts.rateText = make("span", "", parts.rate);
	parts.span = make("i", "", parts.lane);
	parts.took = make("span", "", parts.lane);
	parts.fold.type = "button";
	parts.fold.tabIndex = -1;
	row._parts = parts;
	return row;
}

export function newBar(parent) {
	const bar = make("div", "bar", parent);
	make("i", "", bar);
	bar.setAttribute("role", "progressbar");
	bar.setAttribute("aria-label", "progress");
	bar.setAttribute("aria-valuemin", "0");
	bar.setAttribute("aria-valuemax", "100");
	return bar;
}

export function set(element, text) {
	if (element._plain === text) return;
	element._plain = text;
	element.textContent = text;
}

export function drawBar(bar, record) {
	const part = percent(record);
	const isOver = record.status === "Finished" && (part === null || part >= 1);
	const isUnknown = part === null && !isOver;
	bar.classList.toggle("unknown", isUnknown);
	bar.classList.toggle("over", part > 1);
	bar.firstChild.style.transform = isUnknown ? "" : `scaleX(${isOver ? 1 : Math.min(1, part)})`;
	if (part === null) {
		bar.removeAttribute("aria-valuenow");
		bar.removeAttribute("aria-valuetext");
		return;
	}
	bar.setAttribute("aria-valuenow", String(Math.min(100, Math.floor(part * 100))));
	bar.setAttribute("aria-valuetext", `${Math.floor(part * 100)} %`);
}

/** A line of the recent rates; the highest is at the top. */
export function drawSpark(svg, points) {
	const most = points ? Math.max(...points) : 0;
	svg.style.display = most > 0 ? "" : "none";
	if (!(most > 0)) return;
	const step = SPARK.width / (points.length - 1);
	const y = (rate) => SPARK.height - 1 - (rate / most) * (SPARK.height - 2);
	svg.firstChild.setAttribute("points", points.map((rate, i) => `${(i * step).toFixed(1)},${y(rate).toFixed(1)}`).join(" "));
}

/** "no change for 6 m", "2 m left", "took 3 s" */
export function timeText(model, record, now) {
	if (record.status !== "Running") return `took ${tookTime(elapsed(record, now))}`;
	if (model.isStill(record)) return `no change ${duration(idleFor(record, now)).split(" ")[0]}`;
	const eta = etaOf(model, record, now);
	if (!eta) return `for ${duration(elapsed(record, now))}`;
	if (eta.seconds === 0 && !eta.least) return "finishing";
	return `${eta.least ? "≥ " : ""}${duration(eta.seconds)} left`;
}

/** "started 5 m ago", "failed 3 m ago" */
export function whenText(record, now) {
	if (record._finished) return `${ENDED[statusOf(record)]} ${ago((now - record._finished) / 1000)}`;
	return `started ${ago((now - record._started) / 1000)}`;
}

export function whenTitle(record) {
	const started = `started ${dateAndTime(record._started)}`;
	return record._finished ? `${started}, ended ${dateAndTime(record._finished)}` : started;
}

export function statusText(record) {
	const status = statusOf(record);
	return `${MARKS[status] ?? "?"} ${status}`;
}

/** "asked to stop: disk full" */
export function cancelText(record) {
	const { reason } = record.cancel_requested;
	return reason ? `asked to stop: ${reason}` : "asked to stop";
}

/** Why it failed, that it is to stop, or its last message. */
export function noteText(record) {
	const error = record.status === "Error" ? record.messages.find((m) => m.key === "Error") : null;
	if (record.status === "Running" && record.cancel_requested) return cancelText(record);
	const message = error ?? record.messages.at(-1);
	if (!message) return "";
	return message === error ? message.value : `${message.key}: ${message.value}`;
}

/** "1 ✕ · 7 ▶", each in its color; finished records are counted only if there is nothing else. */
export function drawTally(element, tally) {
	const shown = tally ? STATUSES.filter((s) => tally[s] > 0) : [];
	const key = shown.map((s) => `${s}${tally[s]}`).join();
	if (element._key === key) return;
	element._key = key;
	element.replaceChildren();
	for (const status of shown) {
		const count = make("span", `status ${status}`, element);
		count.textContent = `${tally[status]}\u202f${MARKS[status]}`;
		count.title = `${tally[status]} below: ${status}`;
	}
}

/** A host: its name, what is below it, and whether it is heard of. */
function drawHost(element, row, isChosen) {
	const { record, children, open, tally } = row;
	const p = element._parts;
	element.className = `row host${record.alive ? "" : " silent"}${isChosen ? " chosen" : ""}`;
	element.setAttribute("aria-level", "1");
	element.setAttribute("aria-selected", String(isChosen));
	element.setAttribute("aria-expanded", String(open));
	p.who.style.setProperty("--depth", 0);
	p.fold.className = `fold${children ? "" : " none"}${open ? "" : " shut"}`;
	p.fold.setAttribute("aria-label", open ? "Fold" : "Unfold");
	p.name.classList.remove("nameless");
	show(p.name, record.name);
	drawTally(p.tally, tally);
	show(p.note, "");
	p.note.title = "";
	p.status.className = "status";
	set(p.status, record.alive ? "● alive" : "○ silent");
	drawSpark(p.spark, null);
	for (const part of [p.amount, p.rateText, p.when]) set(part, "");
	p.amount.title = p.when.title = "";
	set(p.time, record.alive ? "" : `for ${duration(record.silent)}`);
}

/** Draws everything of a row except its position and its lane. */
export function drawRow(element, row, model, isChosen) {
	if (row.record.isHost) return drawHost(element, row, isChosen);
	const { record, depth, children, open, dim, tally } = row;
	const now = model.now();
	const p = element._parts;
	const still = model.isStill(record) ? " still" : "";
	element.className = `row ${statusOf(record)}${still}${dim ? " dim" : ""}${isChosen ? " chosen" : ""}`;
	element.setAttribute("aria-level", String(depth + 1));
	element.setAttribute("aria-selected", String(isChosen));
	if (children) element.setAttribute("aria-expanded", String(open));
	else element.removeAttribute("aria-expanded");
	p.who.style.setProperty("--depth", Math.min(depth, 12));
	p.fold.className = `fold${children ? "" : " none"}${open ? "" : " shut"}`;
	p.fold.setAttribute("aria-label", open ? "Fold" : "Unfold");
	p.name.classList.toggle("nameless", !record.name);
	show(p.name, record.name || record.id);
	drawTally(p.tally, tally);
	show(p.note, noteText(record));
	p.note.title = noteText(record);
	p.status.className = `status ${statusOf(record)}`;
	set(p.status, statusText(record));
	drawBar(p.bar, record);
	set(p.amount, amountText(record));
	p.amount.title = p.amount.textContent;
	p.amount.classList.toggle("over", percent(record) > 1);
	drawSpark(p.spark, record.status === "Running" ? spark(record, now) : null);
	set(p.rateText, record.status === "Running" ? rateText(rateOf(record, now), record.unit) : "");
	set(p.time, timeText(model, record, now));
	set(p.when, whenText(record, now));
	p.when.title = whenTitle(record);
}
