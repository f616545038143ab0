// What every page does: asks before something is lost, and puts the focus on what went wrong.

export const root = document.documentElement.dataset.root;
export const csrf = document.documentElement.dataset.csrf;

/** Says something to screen readers. */
export function say(text) {
    document.getElementById("said").textContent = text;
}

/** Makes an element with attributes and children. */
export function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children);
    return element;
}

/** Calls a function when nothing has happened for a moment. */
export function later(milliseconds, body) {
    let timer;
    return (...values) => {
        clearTimeout(timer);
        timer = setTimeout(() => body(...values), milliseconds);
    };
}

// Before anything else hears of the click.
document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || window.confirm(button.dataset.confirm)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
}, true);

// A list that hangs below its summary closes when something else is used.
document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector(".filters details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".filters details[open]")) {
        if (!open.contains(event.target)) open.open = false;
    }
});

// Pictures that cannot be drawn leave their frame with a word in it.
document.addEventListener("error", (event) => {
    const frame = event.target instanceof HTMLImageElement && event.target.closest(".picture");
    if (frame) frame.replaceWith(make("p", { class: "soft" }, "No picture: no pixel has data, or it cannot be read."));
}, true);

document.querySelector("[data-focus]")?.focus();
