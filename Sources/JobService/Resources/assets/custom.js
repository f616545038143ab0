// The page for jobs in JSON: numbers of lines, and what is wrong while one types.

import { csrf, later, make, root } from "./page.js";
import { check } from "./run-check.js";

const types = JSON.parse(document.getElementById("schema").textContent);
const text = document.getElementById("text");
const lines = document.getElementById("lines");
const list = document.getElementById("mistakes");
const state = document.getElementById("state");
let initial = text.value;

function number(mistakes) {
    const bad = new Set(mistakes.map((mistake) => mistake.line));
    const count = text.value.split("\n").length;
    const rows = Array.from({ length: count }, (_, index) => {
        return bad.has(index + 1) ? make("span", { class: "bad" }, String(index + 1)) : String(index + 1);
    });
    lines.replaceChildren(...rows.flatMap((row) => [row, "\n"]));
    lines.scrollTop = text.scrollTop;
}

function show(mistakes) {
    number(mistakes);
    list.replaceChildren(...mistakes.map(({ line, column, message }) => {
        const button = make("button", { type: "button", "data-line": line, "data-column": column });
        button.append(`Line ${line}, column ${column}: ${message}`);
        return make("li", {}, button);
    }));
    text.setAttribute("aria-invalid", mistakes.length > 0);
    const words = mistakes.length === 1 ? "One thing is wrong." : `${mistakes.length} things are wrong.`;
    state.textContent = mistakes.length === 0 ? "It can be submitted." : words;
    state.className = mistakes.length === 0 ? "ok" : "";
}

// The service has the last word: it knows more than the page.
const ask = later(700, async () => {
    const asked = text.value;
    const response = await fetch(`${root}/custom/check`, {
        method: "POST",
        headers: { "Content-Type": "text/plain", "X-CSRF-Token": csrf, Accept: "application/json" },
        body: asked,
    }).catch(() => undefined);
    if (!response?.ok) return;
    const { mistakes } = await response.json();
    if (asked === text.value) show(mistakes);
});

const look = later(150, () => {
    const mistakes = check(text.value, types);
    show(mistakes);
    if (mistakes.length === 0) ask();
});

text.addEventListener("input", () => {
    number([]);
    look();
});
text.addEventListener("scroll", () => (lines.scrollTop = text.scrollTop));

list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line]");
    if (!button) return;
    const before = text.value.split("\n").slice(0, Number(button.dataset.line) - 1);
    const offset = before.join("\n").length + (before.length ? 1 : 0) + Number(button.dataset.column) - 1;
    text.focus();
    text.setSelectionRange(offset, offset);
});

document.getElementById("templates").addEventListener("submit", (event) => {
    event.preventDefault();
    const isChanged = text.value !== initial;
    if (isChanged && !window.confirm("Put the template in place of what you have written?")) return;
    const type = types.find((type) => type.name === document.getElementById("type").value);
    text.value = initial = type.template;
    show(check(text.value, types));
    text.focus();
});

if (list.children.length === 0) show(check(text.value, types));
else number([...list.querySelectorAll("[data-line]")].map((button) => ({ line: Number(button.dataset.line) })));
