// The outlines that a page carries, on its map; each leads to what it is the outline of.

import { around, draw, prepare } from "./map.js";

export async function drawShapes() {
    const svg = document.getElementById("map");
    const shapes = JSON.parse(document.getElementById("shapes").textContent);
    if (!svg) return;
    svg.toggleAttribute("hidden", shapes.length === 0);
    if (shapes.length === 0) return;
    const path = await prepare(svg, around(shapes.map((shape) => shape.ring)));
    svg.append(...shapes.map(({ ring, label, href }) => {
        const outline = draw("path", { class: "shape", d: path(ring) }, draw("title", {}, label));
        return draw("a", { href, "aria-label": label }, outline);
    }));
}
