// SPDX-License-Identifier: BSD-3-Clause
// The page: events go into the model, and the visible part is drawn from it.
import { watch } from "./headway.js";
import { DetailView } from "./detail.js";
import { ListView } from "./list.js";
import { Model, isOrphan } from "./model.js";

const REBUILD_MS = 250; // order and tree are made anew at most this often
const TICK_MS = 1000; // times go on without news

const $ = (id) => document.getElementById(id);
const model = new Model();
const filter = { text: "", statuses: new Set() };
const waiting = { rebuild: 0, ready: false, problem: null };
let watching;

const detail = new DetailView($("detail"), model, { close: closeDetail, open: choose });
const list = new ListView($("list"), $("space"), { onOpen: open, onFold: fold, onChoose: (id) => (list.chosen = id) });

function open(id) {
	detail.open(id);
	list.draw();
}

function closeDetail() {
	detail.close();
	$("list").focus();
}

function fold(id, shut = !model.collapsed.has(id)) {
	if (shut) model.collapsed.add(id);
	else model.collapsed.delete(id);
	rebuild();
}

/** Choose a record, unfold its ancestors, scroll to it, and open it. */
function choose(id) {
	for (let r = model.records.get(id), n = 0; r?.parent && n < 100; r = model.records.get(r.parent), n++) model.collapsed.delete(r.parent);
	list.chosen = id;
	rebuild();
	const index = list.indexOf(id);
	if (index >= 0) list.reveal(index);
	open(id);
}

function later() {
	if (!waiting.rebuild) waiting.rebuild = setTimeout(() => requestAnimationFrame(rebuild), REBUILD_MS);
}

function rebuild() {
	clearTimeout(waiting.rebuild);
	waiting.rebuild = 0;
	list.setRows(model.rows(filter));
	detail.draw();
	drawCounts();
	drawEmpty();
}

function drawCounts() {
	const counts = model.counts();
	for (const chip of document.querySelectorAll(".chip")) {
		const n = counts[chip.dataset.status];
		chip.querySelector("b").textContent = String(n);
		chip.classList.toggle("none", n === 0);
	}
	const parts = [];
	if (counts.Error) parts.push(`${counts.Error} ✕`);
	if (counts.Running) parts.push(`${counts.Running} ▶`);
	document.title = parts.length ? `${parts.join(" ")} · Headway` : "Headway";
}

function drawEmpty() {
	const box = $("empty");
	box.hidden = list.rows.length > 0 || !(waiting.ready || waiting.problem);
	if (box.hidden) return;
	const filtered = model.records.size > 0;
	box.querySelector("h2").textContent = waiting.problem ? "Nothing to show yet" : filtered ? "Nothing matches" : "No records";
	box.querySelector("p").textContent = waiting.problem
		? waiting.problem
		: filtered
			? "Esc clears the filter."
			: "They appear here as soon as a program starts one. To try it:";
	box.querySelector("pre").hidden = Boolean(waiting.problem) || filtered;
}

function showState(state, error) {
	const box = $("link");
	const names = { connecting: "connecting", live: "live", waiting: "waiting for the server", closed: "closed" };
	box.className = state === "live" ? "live" : state === "closed" ? "off" : "";
	box.querySelector(".text").textContent = names[state];
	if (state === "live") setProblem(null);
	if (state === "waiting") setProblem(error.status === 0 ? "The server cannot be reached; trying again." : `${error.message[0].toUpperCase()}${error.message.slice(1)}; trying again.`);
}

function setProblem(text) {
	waiting.problem = text;
	const notice = $("notice");
	notice.hidden = !text || model.records.size === 0;
	notice.textContent = text ?? "";
	drawEmpty();
}

function start() {
	watching?.close();
	watching = watch(new URL(".", location.href).href, {
		token: sessionStorage.getItem("token") ?? undefined,
		onState: showState,
		onReset: () => {
			model.clear();
			waiting.ready = false;
		},
		onReady: (problem) => {
			waiting.ready = true;
			setProblem(problem ? `${problem[0].toUpperCase()}${problem.slice(1)}.` : null);
			rebuild();
		},
		onRecord: (record) => {
			model.put(record);
			later();
		},
		onRemoved: (id) => {
			model.remove(id);
			later();
		},
	});
	watching.closed.catch((error) => {
		if (error.status === 401) {
			$("login").hidden = false;
			$("token").focus();
			setProblem("A token is needed.");
		} else setProblem(error.message);
	});
}

function move(by, absolute = false) {
	const rows = list.rows;
	if (rows.length === 0) return;
	const at = list.indexOf(list.chosen);
	const next = absolute ? by : at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
	const index = Math.max(0, Math.min(rows.length - 1, next));
	list.chosen = rows[index].record.id;
	list.reveal(index);
	if (detail.id) detail.open(list.chosen);
	list.draw();
}

function nextError() {
	const rows = list.rows;
	const at = list.indexOf(list.chosen);
	for (let i = 1; i <= rows.length; i++) {
		const row = rows[(at + i + rows.length) % rows.length];
		if (row.record.status === "Error" || isOrphan(row.record)) return choose(row.record.id);
	}
}

function chosenRow() {
	return list.rows[list.indexOf(list.chosen)];
}

function left() {
	const row = chosenRow();
	if (!row) return;
	if (row.children && row.open) fold(row.record.id, true);
	else if (row.record.parent && model.records.has(row.record.parent)) {
		const index = list.indexOf(row.record.parent);
		if (index >= 0) move(index, true);
	}
}

function right() {
	const row = chosenRow();
	if (!row) return;
	if (row.children && !row.open) fold(row.record.id, false);
	else if (row.children) move(1);
}

const page = () => Math.max(1, Math.floor($("list").clientHeight / 44) - 1);
const keys = {
	ArrowDown: () => move(1),
	ArrowUp: () => move(-1),
	j: () => move(1),
	k: () => move(-1),
	PageDown: () => move(page()),
	PageUp: () => move(-page()),
	Home: () => move(0, true),
	End: () => move(Infinity, true),
	ArrowLeft: left,
	ArrowRight: right,
	Enter: () => list.chosen && open(list.chosen),
	" ": () => list.chosen && open(list.chosen),
	e: nextError,
	"/": () => $("filter").focus(),
};

function onKey(event) {
	if (event.ctrlKey || event.metaKey || event.altKey) return;
	if (event.key === "Escape") return escape();
	const typing = event.target.closest("input, button, a");
	if (typing) {
		if (event.key === "ArrowDown" && event.target === $("filter")) {
			$("list").focus();
			move(0, true);
			event.preventDefault();
		}
		return;
	}
	const act = keys[event.key];
	if (!act) return;
	event.preventDefault();
	act();
}

function escape() {
	if (detail.id) return closeDetail();
	$("filter").value = "";
	filter.text = "";
	filter.statuses.clear();
	for (const chip of document.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", "false");
	$("list").focus();
	rebuild();
}

for (const chip of document.querySelectorAll(".chip")) {
	chip.addEventListener("click", () => {
		const status = chip.dataset.status;
		const on = !filter.statuses.has(status);
		if (on) filter.statuses.add(status);
		else filter.statuses.delete(status);
		chip.setAttribute("aria-pressed", String(on));
		rebuild();
	});
}
$("filter").addEventListener("input", () => {
	filter.text = $("filter").value;
	rebuild();
});
$("login").addEventListener("submit", (event) => {
	event.preventDefault();
	sessionStorage.setItem("token", $("token").value);
	$("token").value = "";
	$("login").hidden = true;
	start();
});
document.addEventListener("keydown", onKey);
setInterval(() => {
	if (document.hidden) return;
	list.draw();
	detail.draw();
}, TICK_MS);
start();
