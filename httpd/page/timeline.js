// SPDX-License-Identifier: BSD-3-Clause
// The timeline: one bar for each record on a common axis, from its start to its end or to now.
import { duration, make, timeOfDay, tookTime } from "./format.js";
import { elapsed } from "./time.js";

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const TICK_PX = 90; // minimum distance of two labels

/** From the first start to the last end of all rows. */
export function rangeOf(rows, now) {
	let from = Infinity;
	let to = -Infinity;
	for (const { record } of rows) {
		from = Math.min(from, record._started);
		to = Math.max(to, record._finished || now);
	}
	return from < to ? { from, to } : { from: now - 1000, to: now };
}

function stepFor(range, width) {
	const least = ((range.to - range.from) / 1000) * (TICK_PX / Math.max(width, TICK_PX));
	return (STEPS.find((s) => s >= least) ?? Math.ceil(least / 86400) * 86400) * 1000;
}

/** Draws the axis: times at round distances, and the lines of the lanes. */
export function drawAxis(axis, space, range, width) {
	const step = stepFor(range, width);
	const zone = new Date(range.from).getTimezoneOffset() * 60000;
	const first = Math.ceil((range.from - zone) / step) * step + zone;
	const place = (at) => ((at - range.from) / (range.to - range.from)) * width;
	let n = 0;
	for (let at = first; place(at) <= width - TICK_PX / 2 && n < 60; at += step, n++) {
		const tick = axis.children[n] ?? make("span", "", axis);
		const text = timeOfDay(at, step < 60000);
		if (tick.textContent !== text) tick.textContent = text;
		tick.hidden = false;
		tick.style.transform = `translateX(${place(at).toFixed(1)}px)`;
	}
	for (const tick of [...axis.children].slice(n)) tick.hidden = true;
	space.style.setProperty("--first-tick", `${place(first).toFixed(1)}px`);
	space.style.setProperty("--tick", `${((step / (range.to - range.from)) * width).toFixed(2)}px`);
}

export function drawLane(parts, record, range, now) {
	const whole = range.to - range.from;
	const left = ((record._started - range.from) / whole) * 100;
	const width = (((record._finished || now) - record._started) / whole) * 100;
	parts.span.style.left = `${left.toFixed(3)}%`;
	parts.span.style.width = `${Math.max(0, width).toFixed(3)}%`;
	const isLate = left + width > 85; // no space after the bar
	const isInside = isLate && width > 30; // else there is space before it
	parts.took.className = isInside ? "inside" : isLate ? "before" : "";
	parts.took.style.left = isLate ? "auto" : `${(left + width).toFixed(3)}%`;
	parts.took.style.right = isLate ? `${(isInside ? 100 - left - width : 100 - left).toFixed(3)}%` : "auto";
	const text = (record._finished ? tookTime : duration)(elapsed(record, now));
	if (parts.took.textContent !== text) parts.took.textContent = text;
}
