// SPDX-License-Identifier: BSD-3-Clause
// The form in the detail that asks a record's owner to stop. It asks before it does it, and stays as it is while
// the rest of the detail is drawn anew.
import { make } from "./format.js";

const NO_REASON = "asked on the page";

function button(text, type, parent) {
	const element = make("button", "", parent);
	element.type = type;
	element.textContent = text;
	return element;
}

export class CancelForm {
	#cancel;
	#first;
	#sure;
	#reason;
	#note;
	id;
	element = make("form", "cancel");

	/** cancel(id, reason) resolves to what went wrong, or to "". */
	constructor(id, cancel) {
		this.id = id;
		this.#cancel = cancel;
		this.#first = button("Cancel…", "button", this.element);
		this.#sure = make("span", "sure", this.element);
		this.#reason = make("input", "", this.#sure);
		this.#reason.placeholder = "Reason, if any";
		this.#reason.setAttribute("aria-label", "Reason");
		this.#reason.maxLength = 120; // at most 480 bytes of the 511 that the server takes
		button("Ask its owner to stop", "submit", this.#sure);
		button("Keep it running", "button", this.#sure).addEventListener("click", () => this.#ask(false));
		this.#note = make("span", "note", this.element);
		this.#note.setAttribute("role", "alert");
		this.#first.addEventListener("click", () => this.#ask(true));
		this.element.addEventListener("submit", (event) => {
			event.preventDefault();
			this.#send();
		});
		this.#ask(false);
	}

	#ask(isAsking) {
		const hadFocus = this.element.contains(document.activeElement);
		this.#first.hidden = isAsking;
		this.#sure.hidden = !isAsking;
		this.#note.textContent = "";
		if (hadFocus) (isAsking ? this.#reason : this.#first).focus();
	}

	async #send() {
		const inputs = [...this.#sure.children];
		for (const input of inputs) input.disabled = true;
		this.#note.textContent = "Asking…";
		this.#note.classList.remove("bad");
		const problem = await this.#cancel(this.id, this.#reason.value.trim() || NO_REASON);
		for (const input of inputs) input.disabled = false;
		this.#ask(Boolean(problem));
		this.#note.textContent = problem || "Its owner is asked.";
		this.#note.classList.toggle("bad", Boolean(problem));
	}
}
