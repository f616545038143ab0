// One job: what changes while it runs, its log, its tiles on a map.

import { root, say } from "./page.js";
import { announce, listen, show } from "./live.js";
import { drawTiles } from "./tiles.js";

const page = document.getElementById("job");
const address = `${root}/jobs/${page.dataset.job}`;
let isRunning = page.dataset.live !== "";

/** Takes the parts of the page that may have changed from a new copy of it. */
async function refresh() {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const copy = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-refresh]")) {
        const fresh = copy.getElementById(part.id);
        if (!fresh || fresh.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
        part.innerHTML = fresh.innerHTML;
        const select = part.querySelector("select");
        if (select && chosenLog) select.value = chosenLog;
    }
    for (const name of ["log-part", "tiles"]) {
        document.getElementById(name).hidden = copy.getElementById(name)?.hidden ?? true;
    }
    if (!document.getElementById("part-head").contains(document.activeElement)) return;
    const job = copy.getElementById("part-head");
    show(view(job), document.getElementById("part-head"));
}

/** What a copy of the head says, for the head that keeps the focus. */
function view(head) {
    const badge = head.querySelector("[data-part=phase]");
    return {
        label: badge.textContent,
        phase: badge.className.split("phase-")[1].toUpperCase(),
        percent: head.querySelector("[data-part=bar]").value,
        isFinished: head.querySelector("[data-part=bar]").hidden,
        progress: head.querySelector("[data-part=progress]").textContent,
        actions: [...head.querySelectorAll("[data-when]:not([hidden])")].map((button) => button.dataset.when),
    };
}

listen(
    page.dataset.live,
    async (job, isNew) => {
        show(job, document.getElementById("part-head"));
        if (!isNew) return;
        announce(job, "This job");
        isRunning = !job.isFinished;
        await refresh();
        await Promise.all([readLog(), readTiles()]);
    },
    () => location.assign(`${root}/jobs`),
);

// The log: only what is new is read, by a range of bytes.
const log = document.getElementById("log");
let position = 0;
let shownName;
let chosenLog;
let isReading = false;

async function readLog() {
    const name = document.getElementById("log-name")?.value;
    if (!name || isReading) return;
    isReading = true;
    try {
        if (name !== shownName) {
            [position, shownName, log.textContent] = [0, name, ""];
        }
        // From the last byte that is known on: a range behind the end would be an error.
        const response = await fetch(`${address}/log?name=${encodeURIComponent(name)}`, {
            headers: position > 0 ? { Range: `bytes=${position - 1}-` } : {},
            cache: "no-store",
        });
        if (response.status !== 200 && response.status !== 206) return;
        const bytes = (await response.arrayBuffer()).slice(response.status === 206 ? 1 : 0);
        const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
        if (response.status === 200) log.textContent = "";
        position = response.status === 200 ? bytes.byteLength : position + bytes.byteLength;
        log.append(new TextDecoder().decode(bytes));
        if (isAtEnd) log.scrollTop = log.scrollHeight;
    } catch {
        // The service is away for a moment; the next turn asks again.
    } finally {
        isReading = false;
    }
}
document.addEventListener("change", (event) => {
    if (event.target.id !== "log-name") return;
    chosenLog = event.target.value;
    readLog();
});

async function readTiles() {
    if (document.getElementById("tiles").hidden) return;
    const response = await fetch(`${address}/tiles`);
    if (response.ok) await drawTiles(await response.json());
}

// Results that are text are shown below the list.
document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-show]");
    if (!button) return;
    const box = document.getElementById("shown");
    const isOpen = button.getAttribute("aria-expanded") === "true";
    for (const other of document.querySelectorAll("[data-show]")) other.setAttribute("aria-expanded", "false");
    box.hidden = isOpen;
    if (isOpen) return;
    button.setAttribute("aria-expanded", "true");
    const response = await fetch(button.dataset.show, { headers: { Range: "bytes=0-65535" } });
    const text = await response.text();
    box.textContent = response.ok ? text + (text.length >= 65536 ? "\n…" : "") : `It cannot be read: ${text}`;
    say("The text is shown below the results.");
    box.scrollIntoView({ block: "nearest" });
});

async function turn() {
    await Promise.all([readLog(), readTiles()]);
    if (isRunning) setTimeout(turn, 2000);
}
turn();
// A log appears some time after the job has begun to wait.
if (isRunning) setInterval(() => isRunning && document.getElementById("log-part").hidden && refresh(), 3000);
