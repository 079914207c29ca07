// SPDX-License-Identifier: BSD-3-Clause
// Light, dark, or the system's theme. Not a module, so that it runs before anything is drawn.
"use strict";
(() => {
	const root = document.documentElement;
	const themes = ["system", "light", "dark"];
	const names = { system: "as the system", light: "light", dark: "dark" };
	const signs = { system: "◐", light: "☀", dark: "☾" };
	let theme = localStorage.getItem("theme") ?? "system";

	const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

	function apply() {
		root.dataset.theme = theme !== "system" ? theme : systemIsDark.matches ? "dark" : "light";
		const button = document.getElementById("theme");
		if (!button) return;
		button.textContent = signs[theme];
		button.title = `Colours: ${names[theme]}`;
		button.setAttribute("aria-label", button.title);
	}

	if (!themes.includes(theme)) theme = "system";
	apply();
	systemIsDark.addEventListener("change", apply);
	addEventListener("DOMContentLoaded", () => {
		apply();
		document.getElementById("theme").addEventListener("click", () => {
			theme = themes[(themes.indexOf(theme) + 1) % themes.length];
			if (theme === "system") localStorage.removeItem("theme");
			else localStorage.setItem("theme", theme);
			apply();
		});
	});
})();
