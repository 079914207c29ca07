# SPDX-License-Identifier: BSD-3-Clause
"""What page.py runs within the page."""

# Records errors after loading, for browsers whose driver does not report them.
WATCH = """window.trouble = [];
	addEventListener('error', (e) => trouble.push(e.message));
	addEventListener('unhandledrejection', (e) => trouble.push(String(e.reason)));
	addEventListener('securitypolicyviolation', (e) => trouble.push(e.violatedDirective));"""

# Cells of the list that extend beyond their rows.
CROWDED = """return [...document.querySelectorAll('.space > .row:not([hidden])')].flatMap((r) => [...r.children].filter((c) =>
	c.textContent && c.getClientRects().length && c.getBoundingClientRect().bottom > r.getBoundingClientRect().bottom + 1)
	.map((c) => c.className + ': ' + c.textContent))"""

# The time that the rows of 5,000 records take.
MODEL = """const done = arguments[0];
	import('/model.js').then(({ Model }) => {
		const model = new Model();
		const iso = new Date().toISOString();
		for (let i = 0; i < 5000; i++)
			model.put({ id: `id-${i}`, name: `n ${i}`, status: 'Running', messages: [], started_at: iso, updated_at: iso, done: i,
				total: 9999, elapsed_seconds: 0, parent: i % 10 ? `id-${i - (i % 10)}` : null });
		const circle = ['x', 'y'].map((id, i) => ({ ...model.records.get('id-1'), id, name: 'n 4 circle', parent: 'yx'[i] }));
		circle.forEach((r) => model.put(r));
		const began = performance.now();
		const rows = model.rows({ text: 'n 4' });
		if (rows.filter((r) => r.record.name.includes('circle')).length !== 2) throw new Error('parents in a circle are not shown');
		done({ ms: performance.now() - began, rows: rows.length });
	}).catch((e) => done(String(e)));"""

# A parent's time left: not below that of its slowest child, and never increasing without a reason.
TIMES = """const done = arguments[0], wrong = [];
	Promise.all([import('/model.js'), import('/time.js')]).then(([{ Model }, { etaOf, idleFor, rateOf }]) => {
		const model = new Model();
		const start = Date.now() - 100000;
		const put = (id, done, parent) => model.put({ id, name: id, status: 'Running', messages: [], total: 100, done, parent,
			started_at: new Date(start).toISOString(), updated_at: new Date(start).toISOString(), elapsed_seconds: 100, version: 1 });
		const eta = (id, now) => etaOf(model, model.records.get(id), now).seconds;
		const near = (what, got, wanted) => Math.abs(got - wanted) < 1 || wrong.push(`${what}: ${got}, not ${wanted}`);
		put('p', 90); put('fast', 80, 'p'); put('slow', 50, 'p');
		const now = start + 100000;
		near('alone', eta('fast', now), 25);
		near('of the slowest', eta('p', now), 100);
		near('a second later', eta('p', now + 1000), 99); // reckoned anew it would be 101
		near('no step: a steady one', eta('slow', now + 2000), 98);
		near('much slower', eta('slow', now + 60000), 160);
		near('and so its parent', eta('p', now + 60000), 160);
		near('the rate', rateOf(model.records.get('slow'), now), 0.5);
		near('idle', idleFor(model.records.get('slow'), now + 60000), 60);
		done(wrong);
	}).catch((e) => done([String(e)]));"""

# Controls without a name, references to missing elements, roles without required attributes, text
# with too little contrast (WCAG AA).
ACCESSIBLE = """
	const wrong = [];
	const visible = (e) => e.checkVisibility ? e.checkVisibility() && e.getClientRects().length : e.getClientRects().length;
	const nameOf = (e) => e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ')
		.map((id) => document.getElementById(id)?.textContent).join('') || (e.labels && e.labels[0]?.textContent) || e.textContent;
	const told = (e) => `${e.tagName} ${e.id || e.className} ${(e.textContent || '').slice(0, 30)}`;
	for (const e of document.querySelectorAll('button, input, a, [role=treegrid], [role=progressbar], aside, section, dialog'))
		if (visible(e) && !nameOf(e).trim()) wrong.push('no name: ' + told(e));
	for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-activedescendant', 'for'])
		for (const e of document.querySelectorAll(`[${attribute}]`))
			for (const id of e.getAttribute(attribute).split(' '))
				if (visible(e) && !document.getElementById(id)) wrong.push(`${attribute} leads nowhere: ` + told(e));
	const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
	if (new Set(ids).size !== ids.length) wrong.push('an id twice');
	const needs = { row: '[role=rowgroup]', gridcell: '[role=row]', columnheader: '[role=row]', rowgroup: '[role=treegrid]' };
	for (const [role, parent] of Object.entries(needs))
		for (const e of document.querySelectorAll(`[role=${role}]`))
			if (!e.parentElement.closest(parent)) wrong.push(`${role} outside of ${parent}`);
	for (const e of document.querySelectorAll('[role=progressbar][aria-valuenow]'))
		if (!(e.getAttribute('aria-valuenow') >= 0 && e.getAttribute('aria-valuenow') <= 100)) wrong.push('a value out of bounds');
	const channels = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const luminance = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const c = channels(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] === 1) return c;
		}
		return [255, 255, 255];
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walker.nextNode()); ) {
		const e = n.parentElement;
		if (!n.data.trim() || !visible(e) || e.closest('noscript, .inside')) continue;
		const style = getComputedStyle(e);
		const [a, b] = [luminance(channels(style.color)), luminance(behind(e))].sort((x, y) => y - x);
		const isBig = parseFloat(style.fontSize) >= 24;
		if ((a + 0.05) / (b + 0.05) < (isBig ? 3 : 4.5)) wrong.push(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(2)}: ` + told(e));
	}
	return [...new Set(wrong)];"""

# What axe-core finds, by all of its rules; the driver waits for the promise.
AXE = """
return axe.run(document).then((found) =>
	found.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')));
"""
