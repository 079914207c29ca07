// SPDX-License-Identifier: BSD-3-Clause
// The page: events go into the model, and the visible part is drawn from it.
import { watch } from "./headway.js";
import { readAddress, writeAddress } from "./address.js";
import { DetailView } from "./detail.js";
import { bindKeys } from "./keys.js";
import { ListView } from "./list.js";
import { Model, statusOf } from "./model.js";

const REBUILD_MS = 250; // order and tree are computed at most this often
const TICK_MS = 1000; // times advance without events
const HOSTS_MS = 2000; // how often a fleet's hosts are looked at

const $ = (id) => document.getElementById(id);
const chips = [...document.querySelectorAll(".chip")];
const model = new Model();
const state = readAddress();
const waiting = { rebuild: 0, ready: false, problem: null, first: false };
let watching;

const detail = new DetailView($("detail"), model, { close: closeDetail, open: choose });
const list = new ListView($("list"), model, { onOpen: open, onFold: fold, onSort: sortBy });

function remember() {
	state.record = detail.id;
	state.folded = model.collapsed;
	writeAddress(state);
}

function open(id, focus = true) {
	if (id.startsWith("host:")) {
		list.chosen = id;
		return focus ? fold(id) : list.draw();
	}
	list.chosen = id;
	detail.open(id, focus);
	list.draw();
	remember();
}

function closeDetail() {
	detail.close();
	$("list").focus();
	remember();
}

function fold(id, shut = !model.collapsed.has(id)) {
	if (shut) model.collapsed.add(id);
	else model.collapsed.delete(id);
	rebuild();
	remember();
}

/** Sorts by a key: first up, then down, then in the usual order. */
function sortBy(key) {
	state.sort = state.sort === key ? `-${key}` : state.sort === `-${key}` ? "" : key;
	list.showSort(state.sort);
	rebuild();
	remember();
}

function showView(view) {
	state.view = view;
	$("timeline").setAttribute("aria-pressed", String(view === "timeline"));
	list.showTimeline(view === "timeline");
	remember();
}

function setFilter(text, statuses) {
	state.text = text;
	state.statuses = statuses;
	if ($("filter").value !== text) $("filter").value = text;
	for (const chip of chips) chip.setAttribute("aria-pressed", String(statuses.has(chip.dataset.status)));
	rebuild();
	remember();
}

/** Chooses a record, unfolds its ancestors, scrolls to it, and opens it. */
function choose(id, focus = true) {
	for (let r = model.records.get(id), n = 0; r?.parent && n < 100; r = model.records.get(r.parent), n++) model.collapsed.delete(r.parent);
	list.chosen = id;
	rebuild();
	const index = list.indexOf(id);
	if (index >= 0) list.reveal(index);
	open(id, focus);
}

function later() {
	if (!waiting.rebuild) waiting.rebuild = setTimeout(() => requestAnimationFrame(rebuild), REBUILD_MS);
}

function rebuild() {
	clearTimeout(waiting.rebuild);
	waiting.rebuild = 0;
	showFirst();
	list.setRows(model.rows(state));
	detail.draw();
	drawCounts();
	drawEmpty();
}

/** The first record on an empty page is chosen, so that its detail is visible. */
function showFirst() {
	if (waiting.first && model.records.size > 0) {
		list.chosen = [...model.records.keys()][0];
		waiting.first = false;
	}
}

function drawCounts() {
	const counts = model.counts();
	for (const chip of chips) {
		const n = counts[chip.dataset.status];
		chip.querySelector("b").textContent = String(n);
		chip.classList.toggle("none", n === 0);
	}
	const failed = counts.Error + counts.Lost;
	const parts = [];
	if (failed) parts.push(`${failed} ✕`);
	if (counts.Running) parts.push(`${counts.Running} ▶`);
	document.title = parts.length ? `${parts.join(" ")} · Headway` : "Headway";
}

function drawEmpty() {
	const isShown = list.rows.length === 0 && (waiting.ready || waiting.problem);
	const isFiltered = model.records.size > 0;
	$("empty").hidden = !isShown || isFiltered;
	$("no-match").hidden = !isShown || !isFiltered;
	if (isShown && !isFiltered) waiting.first = true;
	$("problem").textContent = waiting.problem ?? "";
}

function showLink(link, error) {
	const names = { connecting: "connecting", live: "live", waiting: "waiting for the server", closed: "closed" };
	$("link").className = link === "live" ? "live" : link === "closed" ? "off" : "";
	$("link").querySelector(".text").textContent = names[link];
	if (link === "live") setProblem(null);
	if (link === "waiting") setProblem(error.status === 0 ? "The server cannot be reached; trying again." : `${sentence(error.message)} Trying again.`);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function setProblem(text) {
	waiting.problem = text;
	$("notice").hidden = !text || model.records.size === 0;
	$("notice").textContent = text ?? "";
	drawEmpty();
}

/** Hosts without records, and since when a host is silent, are in no record. */
async function lookAtHosts() {
	if (document.hidden || !model.isFleet) return;
	const token = sessionStorage.getItem("token");
	const answer = await fetch(new URL("_/hosts", new URL(".", location.href)), { headers: token ? { Authorization: `Bearer ${token}` } : {} }).catch(() => null);
	if (!answer?.ok) return;
	model.setHosts(await answer.json());
	$("filter").placeholder = "Filter by name, host, message, owner, id";
	later();
}

const authorization = () => {
	const token = sessionStorage.getItem("token");
	return token ? { Authorization: `Bearer ${token}` } : {};
};

/** Where records are cancelled, if the server allows that. */
async function lookForCancel() {
	const answer = await fetch(new URL("_/events", new URL(".", location.href)), { method: "OPTIONS", headers: authorization() }).catch(() => null);
	detail.allowCancel(answer?.headers.has("Headway-Cancel") ? cancel : null);
}

/** Asks a record's owner to stop. Returns what went wrong, or "". */
async function cancel(id, reason) {
	const url = new URL(`_/cancel/${id}?reason=${encodeURIComponent(reason)}`, new URL(".", location.href));
	const answer = await fetch(url, { method: "POST", headers: authorization() }).catch(() => null);
	if (answer?.ok) return "";
	if (!answer) return "The server cannot be reached.";
	if (answer.status === 401) {
		$("login").hidden = false;
		return "Refused: the server does not know this page's token. Enter one above, then ask again.";
	}
	const { detail: problem } = await answer.json().catch(() => ({}));
	return sentence(problem ?? `the server answers ${answer.status}`);
}

function start() {
	watching?.close();
	lookForCancel();
	watching = watch(new URL(".", location.href).href, {
		token: sessionStorage.getItem("token") ?? undefined,
		onState: showLink,
		onReset: () => {
			model.clear();
			waiting.ready = false;
		},
		onReady: (problem) => {
			waiting.ready = true;
			setProblem(problem ? sentence(problem) : null);
			rebuild();
			if (state.record && !detail.id) choose(state.record, false);
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

function nextError() {
	const rows = list.rows;
	const at = list.indexOf(list.chosen);
	const failed = (row) => ["Error", "Lost"].includes(statusOf(row.record)) || row.tally?.Error || row.tally?.Lost;
	for (let i = 1; i <= rows.length; i++) {
		const row = rows[(at + i + rows.length) % rows.length];
		if (!failed(row)) continue;
		if (["Error", "Lost"].includes(statusOf(row.record))) return choose(row.record.id);
		if (!row.open) {
			fold(row.record.id, false); // the failure is below it
			return nextError();
		}
	}
}

function escape() {
	if (detail.id) return closeDetail();
	setFilter("", new Set());
	$("list").focus();
}

function applyAddress() {
	Object.assign(state, readAddress());
	model.collapsed = state.folded;
	model.stillSeconds = state.stillSeconds;
	list.showSort(state.sort);
	const record = state.record; // remember() is called meanwhile
	showView(state.view);
	state.record = record;
	setFilter(state.text, state.statuses);
	if (record && waiting.ready && record !== detail.id) choose(record, false);
	state.record = record;
}

for (const chip of chips) {
	chip.addEventListener("click", () => {
		const statuses = new Set(state.statuses);
		if (!statuses.delete(chip.dataset.status)) statuses.add(chip.dataset.status);
		setFilter(state.text, statuses);
	});
}
$("filter").addEventListener("input", () => setFilter($("filter").value, state.statuses));
$("timeline").addEventListener("click", () => showView(state.view === "list" ? "timeline" : "list"));
$("keys").addEventListener("click", () => $("help").showModal());
$("login").addEventListener("submit", (event) => {
	event.preventDefault();
	sessionStorage.setItem("token", $("token").value);
	$("token").value = "";
	$("login").hidden = true;
	start();
});
addEventListener("hashchange", applyAddress);
bindKeys({ list, detail, model, open, fold, escape, nextError, showView, state });
setInterval(() => {
	if (document.hidden) return;
	list.draw();
	detail.draw();
}, TICK_MS);
setInterval(lookAtHosts, HOSTS_MS);
applyAddress();
start();
