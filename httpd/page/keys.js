// SPDX-License-Identifier: BSD-3-Clause
// The keyboard. The dialog for ? is in index.html: keep both the same.

export function bindKeys({ list, detail, model, open, fold, escape, nextError, showView, state }) {
	const $ = (id) => document.getElementById(id);
	const chosenRow = () => list.rows[list.indexOf(list.chosen)];

	function goTo(index) {
		if (list.rows.length === 0) return;
		const at = Math.max(0, Math.min(list.rows.length - 1, index));
		list.chosen = list.rows[at].record.id;
		list.reveal(at);
		if (detail.id) open(list.chosen, false);
		list.draw();
	}

	function move(by) {
		const at = list.indexOf(list.chosen);
		goTo(at < 0 ? (by > 0 ? 0 : list.rows.length - 1) : at + by);
	}

	/** Folds, or moves to the parent. */
	function left() {
		const row = chosenRow();
		if (!row) return;
		if (row.children && row.open) fold(row.record.id, true);
		else if (model.parentOf(row.record)) goTo(list.indexOf(row.record.parent));
	}

	/** Unfolds, or moves to the first child. */
	function right() {
		const row = chosenRow();
		if (!row?.children) return;
		if (row.open) move(1);
		else fold(row.record.id, false);
	}

	const openChosen = () => list.chosen && open(list.chosen);
	const keys = {
		ArrowDown: () => move(1),
		ArrowUp: () => move(-1),
		j: () => move(1),
		k: () => move(-1),
		PageDown: () => move(list.page),
		PageUp: () => move(-list.page),
		Home: () => goTo(0),
		End: () => goTo(list.rows.length - 1),
		ArrowLeft: left,
		ArrowRight: right,
		Enter: openChosen,
		" ": openChosen,
		e: nextError,
		t: () => showView(state.view === "list" ? "timeline" : "list"),
		"/": () => $("filter").focus(),
		"?": () => $("help").showModal(),
	};

	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
		if (event.key === "Escape") {
			escape();
			return;
		}
		const isFilter = event.target === $("filter");
		if (isFilter && event.key === "ArrowDown") {
			$("list").focus();
			goTo(0);
			event.preventDefault();
		}
		const isControl = event.target.closest("input, a") || (event.target.closest("button") && ["Enter", " "].includes(event.key));
		if (isControl || !keys[event.key]) return;
		event.preventDefault();
		keys[event.key]();
	});
}
