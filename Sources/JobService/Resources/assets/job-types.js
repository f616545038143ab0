// The editor of job descriptions: rows come and go, and the form goes to the service without leaving the page.

import { csrf, make, root, say } from "./page.js";

const problem = document.getElementById("problem");

/** Sends something; shows what the service does not like. */
async function send(address, options) {
    const response = await fetch(address, { ...options, headers: { Accept: "application/json", "X-CSRF-Token": csrf } });
    const answer = await response.json().catch(() => ({}));
    problem.hidden = response.ok;
    if (response.ok) return answer;
    problem.replaceChildren(make("p", {}, answer.error ?? `The service answered ${response.status}.`));
    problem.focus();
    problem.scrollIntoView({ block: "center" });
    return undefined;
}

document.getElementById("import")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(event.target.action, { method: "POST", body: new FormData(event.target) });
    if (answer) location.assign(`${root}/job-types/${answer.jobname.replace("tmp/", "")}/edit`);
});

const editor = document.getElementById("editor");
if (editor) edit(editor);

function edit(form) {
    // Rows are numbered as they stand, so that the service reads them in this order.
    const number = () => {
        for (const list of form.querySelectorAll("[data-rows]")) {
            [...list.children].forEach((row, index) => {
                for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(/\d+$/, String(index + 1));
            });
        }
        for (const row of form.querySelectorAll("[data-row=param]")) {
            const attributes = [...row.querySelectorAll("[data-attribute]")].filter((field) => field.value.trim() !== "");
            const text = attributes.map((field) => `${field.dataset.attribute}=${field.value.trim()}`).join(" ");
            row.querySelector("[name^=param_attributes_]").value = text;
        }
    };

    form.addEventListener("click", async (event) => {
        const { add, do: action } = event.target.dataset;
        if (add) {
            const row = document.getElementById(`row-${add}`).content.firstElementChild.cloneNode(true);
            form.querySelector(`[data-rows=${add}]`).append(row);
            number();
            row.querySelector("input").focus();
        }
        const removed = event.target.closest("[data-remove]")?.closest("[data-row]");
        if (removed) {
            const button = removed.closest("section").querySelector("[data-add]");
            removed.remove();
            number();
            button.focus();
            say("Removed.");
        }
        if (!action || event.defaultPrevented) return;
        const name = encodeURIComponent(form.dataset.name);
        if (action === "delete") {
            if (await send(`${root}/jdl/tmp/${name}`, { method: "DELETE" })) location.assign(`${root}/job-types`);
            return;
        }
        if (action === "validate" && !(await save())) return;
        if (!(await send(`${root}/jdl/tmp/${name}/${action}`, { method: "POST" }))) return;
        location.assign(action === "validate" ? `${root}/job-types/${name}` : `${root}/job-types/${name}/edit`);
    });

    async function save() {
        number();
        return send(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    }

    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const answer = await save();
        if (answer) location.assign(`${root}/job-types/${encodeURIComponent(answer.jobname.replace("tmp/", ""))}/edit`);
    });

    const script = document.getElementById("script");
    const lines = document.getElementById("lines");
    const count = () => (lines.textContent = script.value.split("\n").map((_, index) => index + 1).join("\n"));
    script.addEventListener("input", count);
    script.addEventListener("scroll", () => (lines.scrollTop = script.scrollTop));
    count();
}
