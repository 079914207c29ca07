// SPDX-License-Identifier: BSD-3-Clause
// Rates, times left, and idle times. All times are milliseconds of the server's clock.

const SAMPLES = 120;
const SAMPLE_MS = 500;
const SPARK_MS = 300000; // the longest time that a sparkline shows
const SPARK_POINTS = 24;

/** Date.parse() drops what is below a millisecond, and with it the order of starts. */
function timeOf(text) {
	return Date.parse(text) + Number(`0.${/\.\d{3}(\d+)Z$/.exec(text)?.[1] ?? 0}`);
}

/* Adds members that begin with _ to a record: times as numbers, samples of done, and when it was
 * last seen to change. */
export function prepare(record, old, now) {
	record._started = timeOf(record.started_at);
	record._updated = timeOf(record.updated_at);
	record._finished = record.finished_at ? timeOf(record.finished_at) : 0;
	record._counted = [record.done, record.total, ...Object.values(record.counters ?? {})].join();
	record._due = old?._due;
	if (!old) {
		// Counters have no time of change: a record counts as idle only from when it is
		// seen unchanged.
		const counted = [record.done, ...Object.values(record.counters ?? {})].some((n) => n > 0);
		record._moved = counted ? now : record._updated;
	} else record._moved = old._counted === record._counted && old.version === record.version ? old._moved : now;
	record._samples = old?._samples ?? [[now, record.done]];
	if (old) addSample(record._samples, now, record.done);
}

/** Drops every second sample when there are too many. */
function addSample(samples, now, done) {
	const last = samples.at(-1);
	if (samples.length > 1 && now - samples.at(-2)[0] < SAMPLE_MS) {
		last[0] = now;
		last[1] = done;
	} else if (last[1] !== done || samples.length < 2) samples.push([now, done]);
	if (samples.length > SAMPLES) for (let i = samples.length - 2; i > 0; i -= 2) samples.splice(i, 1);
}

function doneAt(samples, at) {
	let i = samples.length - 1;
	while (i > 0 && samples[i][0] > at) i--;
	const [t, done] = samples[i];
	const next = samples[i + 1];
	if (!next || at <= t) return done;
	return done + ((next[1] - done) * (at - t)) / (next[0] - t);
}

/** Units per second in equal parts of the recorded time; null: nothing to draw. */
export function spark(record, now) {
	const end = record._finished || now;
	const from = Math.max(record._samples[0][0], end - SPARK_MS);
	if (record._samples.length < 2 || end - from < 2000) return null;
	const step = (end - from) / SPARK_POINTS;
	const points = [];
	for (let i = 0, before = doneAt(record._samples, from); i < SPARK_POINTS; i++) {
		const after = doneAt(record._samples, from + (i + 1) * step);
		points.push(Math.max(0, (after - before) / (step / 1000)));
		before = after;
	}
	return points;
}

/** Seconds from its start until now or its end. */
export function elapsed(record, now) {
	return Math.max(0, ((record._finished || now) - record._started) / 1000);
}

/** Like the library's headway_estimate(), at the present time: the mean over its whole time; null:
 * unknown. */
export function rateOf(record, now) {
	const seconds = elapsed(record, now);
	return record.done > 0 && seconds > 0 ? record.done / seconds : null;
}

/** From earlier runs, as the record told it when it was read; null: it has no forecast. */
function foreseen(record, now) {
	if (record.eta_low_seconds == null || record.eta_seconds == null) return null;
	const since = elapsed(record, now) - (record.elapsed_seconds ?? 0);
	return Math.max(0, record.eta_seconds - Math.max(0, since));
}

/** The band of a forecast: [low, high] in seconds; null: there is none. */
export function bandOf(record, now) {
	if (record.status !== "Running" || record.eta_low_seconds == null) return null;
	const since = Math.max(0, elapsed(record, now) - (record.elapsed_seconds ?? 0));
	return [record.eta_low_seconds, record.eta_high_seconds].map((seconds) => Math.max(0, seconds - since));
}

function etaOfAlone(record, now) {
	if (record.status !== "Running") return null;
	const left = foreseen(record, now);
	if (left !== null || !record.total) return left;
	// more than expected
	if (record.done >= record.total) return record.done > record.total ? null : 0;
	const rate = rateOf(record, now);
	return rate ? (record.total - record.done) / rate : null;
}

/** An estimate that rises only slightly is not shown: the time shown before stays. */
function steady(record, seconds, now) {
	const due = now + seconds * 1000;
	const slack = Math.max(3000, seconds * 100);
	if (!(record._due > now && due > record._due && due - record._due < slack)) record._due = due;
	return (record._due - now) / 1000;
}

/** {seconds, least}: the time left, not less than that of its slowest child; least: it is only a
 * lower bound. null: unknown. */
export function etaOf(model, record, now, above = new Set()) {
	const own = etaOfAlone(record, now);
	if (record.status !== "Running" || own === 0) return own === 0 ? { seconds: 0, least: false } : null;
	let slowest = null;
	above.add(record.id);
	for (const child of model.childrenOf(record.id)) {
		const eta = above.has(child.id) ? null : etaOf(model, child, now, above);
		if (eta && (slowest === null || eta.seconds > slowest)) slowest = eta.seconds;
	}
	above.delete(record.id);
	if (own === null && slowest === null) return null;
	const seconds = steady(record, Math.max(own ?? 0, slowest ?? 0), now);
	return { seconds: Math.max(seconds, slowest ?? 0), least: own === null };
}

/** Seconds without a message or a change of a counter. */
export function idleFor(record, now) {
	return record.status === "Running" ? Math.max(0, (now - record._moved) / 1000) : 0;
}
