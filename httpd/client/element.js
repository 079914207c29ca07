// SPDX-License-Identifier: BSD-3-Clause
// <headway-progress src="/_/status/ID"></headway-progress>: a record as a bar that follows it, with its messages behind
// a button.  Importing this file defines the element.
//
//   src     the URL of the record; relative ones count from the page's
//   label   what is said instead of the record's name
//   open    the messages are shown
//   options property: token, headers, fetch, mode of follow(); set before src
//   record  property: the last full view, or null
//
// Events: change (detail: the record), done (the same, when it is over), error (detail: what went wrong; the record is
// unknown or gone, or access is refused; what may pass is tried again and shown as "waiting").
// Parts for styles: bar, fill, label, text, button, messages.  Colours: --headway-fill, --headway-track, --headway-error.
import { follow } from "./headway.js";

const HTML = `<div part="head"><span part="label" id="label"></span>
<button part="button" type="button" aria-expanded="false" aria-controls="messages" hidden>Messages</button></div>
<div part="bar" role="progressbar" aria-labelledby="label" aria-valuemin="0" aria-valuemax="100" tabindex="0"><div part="fill"></div></div>
<div part="text"></div>
<dl part="messages" id="messages" hidden></dl>
<div class="said" role="status" aria-live="polite"></div>`;

const CSS = `:host { display: block; font: inherit; --fill: var(--headway-fill, #0b61a4); }
:host([hidden]) { display: none; }
:host([data-status="Error"]) { --fill: var(--headway-error, #b3261e); }
[hidden] { display: none !important; }
[part="head"] { display: flex; gap: 1em; justify-content: space-between; align-items: baseline; }
[part="label"] { font-weight: 600; overflow-wrap: anywhere; }
[part="bar"] { height: 0.75em; margin: 0.25em 0; border-radius: 0.375em; overflow: hidden; border: 1px solid var(--fill);
	background: var(--headway-track, transparent); }
[part="bar"]:focus-visible, button:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
[part="fill"] { height: 100%; width: 0; background: var(--fill); transition: width 0.2s; }
.unknown [part="fill"] { width: 30%; animation: wander 2s infinite alternate ease-in-out; }
@keyframes wander { to { margin-left: 70%; } }
[part="text"] { font-size: 0.9em; font-variant-numeric: tabular-nums; }
[part="messages"] { display: grid; grid-template-columns: max-content 1fr; gap: 0.1em 1em; margin: 0.25em 0; font-size: 0.9em; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
button { font: inherit; font-size: 0.9em; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { [part="fill"] { transition: none; } .unknown [part="fill"] { animation: none; } }
@media (forced-colors: active) { [part="fill"] { background: Highlight; forced-color-adjust: none; } }`;

/** 75 as "1:15", 4000 as "1:06:40". */
function clock(seconds) {
	const s = Math.round(seconds);
	const two = (n) => String(n).padStart(2, "0");
	const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
	return s < 3600 ? rest.replace(/^0(?=\d:)/, "") : `${Math.floor(s / 3600)}:${rest}`;
}

/** Percent done, or null when it is not known. */
function percentOf(record) {
	if (record.status === "Finished") return 100;
	return record.total > 0 ? Math.min(100, Math.floor((record.done / record.total) * 100)) : null;
}

/** What the bar's text says. */
function textOf(record) {
	const unit = record.unit ? ` ${record.unit}` : "";
	const parts = [];
	const percent = percentOf(record);
	if (percent !== null) parts.push(`${percent} %`);
	if (record.total > 0) parts.push(`${record.done.toLocaleString()} of ${record.total.toLocaleString()}${unit}`);
	else if (record.done > 0) parts.push(`${record.done.toLocaleString()}${unit}`);
	if (record.status === "Error") {
		parts.unshift(`Error: ${record.messages.find((m) => m.key === "Error")?.value ?? "no reason given"}`);
	} else if (record.status === "Finished") {
		parts.unshift("Finished");
	} else if (record.eta_seconds != null) {
		parts.push(`${clock(record.eta_seconds)} left`);
	}
	return parts.join(" · ") || "Running";
}

// In Node there are no elements: the file may be imported, and defines nothing.
const Base = globalThis.HTMLElement ?? class {};

export class HeadwayProgress extends Base {
	static observedAttributes = ["src", "label", "open"];
	options = {};
	record = null;
	#controller = null;
	#said = "";
	#parts = {};

	constructor() {
		super();
		const root = this.attachShadow({ mode: "open" });
		root.innerHTML = HTML;
		const sheet = new CSSStyleSheet(); // no style element: a page's policy may forbid those
		sheet.replaceSync(CSS);
		root.adoptedStyleSheets = [sheet];
		for (const part of root.querySelectorAll("[part]")) this.#parts[part.getAttribute("part")] = part;
		this.#parts.said = root.querySelector(".said");
		this.#parts.button.addEventListener("click", () => this.toggleAttribute("open"));
		root.addEventListener("keydown", (event) => {
			if (event.key === "Escape") this.removeAttribute("open");
			else if (event.key === "Enter" && event.target === this.#parts.bar) this.toggleAttribute("open");
		});
	}

	connectedCallback() {
		this.#follow();
	}

	disconnectedCallback() {
		this.#controller?.abort();
		this.#controller = null;
	}

	attributeChangedCallback(name, before, now) {
		if (name === "src" && before !== now && this.isConnected) this.#follow();
		else this.#show();
	}

	get src() {
		return this.getAttribute("src") ?? "";
	}

	set src(url) {
		this.setAttribute("src", url);
	}

	async #follow() {
		this.#controller?.abort();
		this.record = null;
		this.#said = "";
		this.#show();
		if (!this.src) return;
		const controller = new AbortController();
		this.#controller = controller;
		const { signal } = controller;
		const onChange = (record) => {
			if (signal.aborted) return;
			this.record = record;
			this.#show();
			this.#tell("change", record);
		};
		const onState = (state) => this.toggleAttribute("waiting", state === "waiting" && !signal.aborted);
		try {
			const last = await follow(new URL(this.src, this.baseURI), { ...this.options, signal, onChange, onState });
			this.#tell("done", last);
		} catch (error) {
			if (signal.aborted) return;
			this.#parts.text.textContent = error.message;
			this.#say(error.message);
			this.#tell("error", error);
		}
	}

	#tell(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	/** What a screen reader says: a quarter at a time, so that it does not talk all the time. */
	#say(text) {
		if (text !== this.#said) this.#parts.said.textContent = this.#said = text;
	}

	#show() {
		const { bar, fill, label, text, button, messages } = this.#parts;
		const record = this.record;
		const percent = record ? percentOf(record) : null;
		const open = this.hasAttribute("open");
		label.textContent = this.getAttribute("label") || record?.name || "Progress";
		text.textContent = record ? textOf(record) : "";
		fill.style.width = percent === null ? "" : `${percent}%`;
		bar.classList.toggle("unknown", percent === null && (!record || record.status === "Running"));
		if (percent === null) bar.removeAttribute("aria-valuenow");
		else bar.setAttribute("aria-valuenow", percent);
		bar.setAttribute("aria-valuetext", text.textContent || "not known yet");
		this.dataset.status = record?.status ?? "";
		button.hidden = !record?.messages.length;
		button.setAttribute("aria-expanded", open);
		messages.hidden = button.hidden || !open;
		messages.replaceChildren(...(record?.messages ?? []).flatMap(({ key, value }) => {
			const [term, text] = [document.createElement("dt"), document.createElement("dd")];
			term.textContent = key;
			text.textContent = value;
			return [term, text];
		}));
		if (record && record.status !== "Running") this.#say(`${label.textContent}: ${text.textContent}`);
		else if (record) this.#say(`${label.textContent}: ${percent === null ? "running" : `${percent - (percent % 25)} %`}`);
	}
}

globalThis.customElements?.get("headway-progress") ?? globalThis.customElements?.define("headway-progress", HeadwayProgress);
