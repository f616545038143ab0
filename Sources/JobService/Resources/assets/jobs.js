// The list of jobs: phases and progress change as they happen.

import { announce, listen, show } from "./live.js";

const table = document.getElementById("jobs");
if (table) {
    const row = (id) => table.querySelector(`tr[data-job="${CSS.escape(id)}"]`);
    listen(
        table.dataset.live,
        (job, isNew) => {
            const element = row(job.id);
            if (!element) return;
            show(job, element);
            if (isNew) announce(job, element.querySelector("th a").textContent);
        },
        (id) => row(id)?.remove(),
    );
}
