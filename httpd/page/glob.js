// SPDX-License-Identifier: BSD-3-Clause
// Shell patterns for names, as of `headway dump --name` and of lists over HTTP.

const CLASSES = {
	alnum: /[0-9A-Za-z]/, alpha: /[A-Za-z]/, blank: /[ \t]/, cntrl: /[\x00-\x1f\x7f]/, digit: /[0-9]/, graph: /[!-~]/,
	lower: /[a-z]/, print: /[ -~]/, punct: /[!-/:-@[-`{-~]/, space: /[ \t-\r]/, upper: /[A-Z]/, xdigit: /[0-9A-Fa-f]/,
};

/** Parses a set from behind its "[": [a test of a character, where the set ends], or null: it has no end. */
function setAt(pattern, at) {
	const inverted = pattern[at] === "!" || pattern[at] === "^";
	const tests = [];
	if (inverted) at++;
	for (let first = true; first || pattern[at] !== "]"; first = false) {
		if (at >= pattern.length) return null;
		const name = /^\[:(\w+):\]/.exec(pattern.slice(at, at + 12).join(""))?.[1] ?? "";
		if (Object.hasOwn(CLASSES, name)) {
			tests.push((c) => CLASSES[name].test(c));
			at += name.length + 4;
			continue;
		}
		const low = pattern[at++];
		const isRange = pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]";
		const high = isRange ? pattern[at + 1] : low;
		if (isRange) at += 2;
		tests.push((c) => low.codePointAt(0) <= c.codePointAt(0) && c.codePointAt(0) <= high.codePointAt(0));
	}
	return [(c) => tests.some((test) => test(c)) !== inverted, at + 1];
}

/** The pattern as tests of one character each; null for a star. */
function parse(pattern) {
	const parts = [];
	for (let at = 0; at < pattern.length; ) {
		const set = pattern[at] === "[" ? setAt(pattern, at + 1) : null;
		if (set) {
			parts.push(set[0]);
			at = set[1];
			continue;
		}
		if (pattern[at] === "*") parts.push(null);
		else if (pattern[at] === "?") parts.push(() => true);
		else {
			if (pattern[at] === "\\" && at + 1 < pattern.length) at++;
			const wanted = pattern[at];
			parts.push((c) => c === wanted);
		}
		at++;
	}
	return parts;
}

/** A function that tells whether a whole text matches. On a mismatch only the last star is tried
 * again, so no pattern takes exponential time. */
export function globMatcher(pattern) {
	const parts = parse([...pattern]);
	return (text) => {
		const characters = [...text];
		let at = 0;
		let star = -1;
		let from = 0;
		for (let i = 0; i < characters.length; ) {
			if (parts[at] === null) {
				star = ++at;
				from = i;
			} else if (at < parts.length && parts[at](characters[i])) {
				at++;
				i++;
			} else if (star < 0) return false;
			else {
				at = star;
				i = ++from;
			}
		}
		return parts.slice(at).every((part) => part === null);
	};
}
