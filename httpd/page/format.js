// SPDX-License-Identifier: BSD-3-Clause
// Formats values for people.

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];

const isBytes = (unit) => /^(b|bytes?)$/i.test(unit ?? "");

function scaled(value, step, names) {
	let i = 0;
	while (value >= step && i < names.length - 1) {
		value /= step;
		i++;
	}
	const digits = i === 0 ? (Number.isInteger(value) ? 0 : value < 10 ? 1 : 0) : value < 10 ? 2 : value < 100 ? 1 : 0;
	return value.toFixed(digits) + (names[i] ? `\u202f${names[i]}` : "");
}

/** "1.50 MiB", "12 345", "1.20 M" */
export function amount(value, unit) {
	if (isBytes(unit)) return scaled(value, 1024, BINARY);
	if (value < 100000 && Number.isInteger(value)) return value.toLocaleString("en").replaceAll(",", "\u202f");
	return scaled(value, 1000, DECIMAL);
}

const withUnit = (text, unit) => (unit && !isBytes(unit) ? `${text} ${unit}` : text);

/** "25 % of 1.50 MiB", "134 % of 100 files", "17 files", "" */
export function amountText(record) {
	const part = percent(record);
	if (part !== null) return `${Math.floor(part * 100)} % of ${withUnit(amount(record.total, record.unit), record.unit)}`;
	return record.done > 0 ? withUnit(amount(record.done, record.unit), record.unit) : "";
}

/** "2.50 MiB/s", "3.0/min" */
export function rateText(rate, unit) {
	if (!rate) return "";
	if (rate >= 0.1) return `${amount(rate, unit)}/s`;
	return rate * 60 >= 0.1 ? `${amount(rate * 60, unit)}/min` : `${amount(rate * 3600, unit)}/h`;
}

/** How long what is over took: "0.4 s", then as duration(). */
export function tookTime(seconds) {
	return seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)}\u202fs` : duration(seconds);
}

/** "45 s", "3 m 20 s", "2 h 5 m", "3 d 4 h" */
export function duration(seconds) {
	const s = Math.max(0, Math.round(seconds));
	const parts = [
		[86400, "d"],
		[3600, "h"],
		[60, "m"],
		[1, "s"],
	];
	const first = parts.findIndex(([size]) => s >= size);
	if (first < 0) return "0\u202fs";
	const [size, name] = parts[first];
	const next = parts[first + 1];
	const rest = next ? Math.floor((s % size) / next[0]) : 0;
	return `${Math.floor(s / size)}\u202f${name}${rest ? ` ${rest}\u202f${next[1]}` : ""}`;
}

/** With one unit only: "3 m ago" */
export function ago(seconds) {
	return seconds < 1 ? "now" : `${duration(seconds).split(" ")[0]} ago`;
}

const two = (n) => String(n).padStart(2, "0");

/** "14:05:09", in the reader's time zone */
export function timeOfDay(ms, withSeconds = true) {
	const d = new Date(ms);
	return `${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? `:${two(d.getSeconds())}` : ""}`;
}

/** "2026-11-29 14:05:09" */
export function dateAndTime(ms) {
	const d = new Date(ms);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${timeOfDay(ms)}`;
}

/** 1 is all of it; more than 1: more than expected; null: no total. */
export function percent(record) {
	return record.total ? record.done / record.total : null;
}

// Invisible characters, and those that affect the display of other text: control characters,
// directions. The joiner of emoji is allowed.
const ODD = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

function nameOf(character) {
	const code = character.codePointAt(0);
	if (character === "\n") return "↵";
	if (character === "\t") return "⇥";
	return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Puts text into an element, with names in place of ODD characters; lines: keep line ends and
 * tabs. */
export function show(element, text, lines = false) {
	if (element._text === text) return;
	element._text = text;
	element.textContent = "";
	element.dir = "auto";
	let at = 0;
	for (const match of text.matchAll(ODD)) {
		if (lines && (match[0] === "\n" || match[0] === "\t")) continue;
		if (match.index > at) element.append(text.slice(at, match.index));
		const odd = document.createElement("span");
		odd.className = "odd";
		odd.textContent = nameOf(match[0]);
		element.append(odd);
		at = match.index + match[0].length;
	}
	if (at < text.length) element.append(text.slice(at));
}

/** Appends a new element with a class to another. */
export function make(tag, className, parent) {
	const element = document.createElement(tag);
	if (className) element.className = className;
	parent?.append(element);
	return element;
}
