// Changes of jobs, as the service tells them (server-sent events).

import { root, say } from "./page.js";

/**
 * Listens to jobs.
 * @param {string} jobs Names with the phases that the page shows: "ID:PHASE,ID:PHASE"; empty for none.
 * @param {(job: object) => void} changed Is told of each change.
 * @param {(id: string) => void} gone Is told of a job that is no more.
 */
export function listen(jobs, changed, gone) {
    if (!jobs) return;
    const phases = new Map(jobs.split(",").map((pair) => pair.split(":")));
    let source;
    const open = () => {
        const known = [...phases].map((pair) => pair.join(":")).join(",");
        source = new EventSource(`${root}/events/jobs?jobs=${encodeURIComponent(known)}`);
        source.addEventListener("job", (event) => {
            const job = JSON.parse(event.data);
            const isNew = phases.get(job.id) !== job.phase;
            phases.set(job.id, job.phase);
            changed(job, isNew);
            if (job.isFinished) phases.delete(job.id);
            if (phases.size === 0) source.close();
        });
        source.addEventListener("gone", (event) => {
            const { id } = JSON.parse(event.data);
            phases.delete(id);
            gone(id);
        });
        // A new connection must know what has been told since.
        source.addEventListener("error", () => {
            source.close();
            if (phases.size > 0) setTimeout(open, 3000);
        });
    };
    open();
    addEventListener("pagehide", () => source.close());
}

/** Shows a job's phase, progress and actions within an element. */
export function show(job, element) {
    const part = (name) => element.querySelector(`[data-part=${name}]`);
    const badge = part("phase");
    badge.textContent = job.label;
    badge.className = `phase phase-${job.phase.toLowerCase()}`;
    const bar = part("bar");
    bar.hidden = job.isFinished || job.percent === undefined || job.percent === null;
    bar.value = job.percent ?? 0;
    part("progress").textContent = job.progress;
    for (const button of element.querySelectorAll("[data-when]")) {
        button.hidden = !job.actions.includes(button.dataset.when);
    }
}

export function announce(job, name) {
    say(`${name}: ${job.label}${job.progress ? `, ${job.progress}` : ""}`);
}
