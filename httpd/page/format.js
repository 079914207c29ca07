// SPDX-License-Identifier: BSD-3-Clause
// Values for people.

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
	if (first < 0) return "0 s";
	const [size, name] = parts[first];
	const next = parts[first + 1];
	const rest = next ? Math.floor((s % size) / next[0]) : 0;
	return `${Math.floor(s / size)}\u202f${name}${rest ? ` ${rest}\u202f${next[1]}` : ""}`;
}

export function percent(record) {
	if (!record.total) return null;
	return Math.min(1, record.done / record.total);
}

// Invisible characters, and those that change how other text looks: control characters, directions.  The
// joiner of emoji is allowed.
const ODD = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

function nameOf(character) {
	const code = character.codePointAt(0);
	if (character === "\n") return "↵";
	if (character === "\t") return "⇥";
	return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Put text into an element, with names in place of ODD characters; lines: line ends and tabs stay. */
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
