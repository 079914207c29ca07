// SPDX-License-Identifier: BSD-3-Clause
// The address contains the state of the view, after #, so that a copy of it shows the same.
// #record=ID&q=TEXT&status=Error,Lost&sort=-rate&fold=ID,ID&view=timeline&still=2
import { SORTS, STATUSES } from "./model.js";

const FOLDS = 100; // at most this many are written

const listOf = (text) => (text ? text.split(",").filter(Boolean) : []);

export function readAddress(hash = location.hash) {
	const query = new URLSearchParams(hash.replace(/^#/, ""));
	const sort = query.get("sort") ?? "";
	const minutes = Number(query.get("still"));
	return {
		record: query.get("record"),
		text: query.get("q") ?? "",
		statuses: new Set(listOf(query.get("status")).filter((s) => STATUSES.includes(s))),
		sort: SORTS.includes(sort.replace(/^-/, "")) ? sort : "",
		folded: new Set(listOf(query.get("fold"))),
		view: query.get("view") === "timeline" ? "timeline" : "list",
		stillSeconds: minutes > 0 ? minutes * 60 : 300,
	};
}

export function writeAddress({ record, text, statuses, sort, folded, view, stillSeconds }) {
	const query = new URLSearchParams();
	if (record) query.set("record", record);
	if (text) query.set("q", text);
	if (statuses.size) query.set("status", [...statuses].join());
	if (sort) query.set("sort", sort);
	if (folded.size) query.set("fold", [...folded].slice(0, FOLDS).join());
	if (view !== "list") query.set("view", view);
	if (stillSeconds !== 300) query.set("still", String(stillSeconds / 60));
	const hash = query.toString().replaceAll("%2C", ",");
	if (hash !== location.hash.replace(/^#/, "")) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}
