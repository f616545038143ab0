// The outlines that a page carries, on its map; each leads to what it is the outline of.

import { around, draw, prepare } from "./map.js";

/** @param {number} least Degrees that the map shows at least. */
export async function drawShapes(least = 0) {
    const svg = document.getElementById("map");
    const shapes = JSON.parse(document.getElementById("shapes").textContent);
    if (!svg) return;
    svg.toggleAttribute("hidden", shapes.length === 0);
    if (shapes.length === 0) return;
    const path = await prepare(svg, around(shapes.map((shape) => shape.ring)), least);
    svg.append(...shapes.map(({ ring, label, href }) => {
        const outline = draw("path", { class: "shape", d: path(ring) }, draw("title", {}, label));
        return draw("a", { href, "aria-label": label }, outline);
    }));
    // What would be too small to be seen or hit has a point too.
    for (const link of svg.querySelectorAll("a")) {
        const { x, y, width, height } = link.getBBox();
        if (Math.max(width, height) > 12) continue;
        link.append(draw("circle", { class: "shape", cx: x + width / 2, cy: y + height / 2, r: 7 }));
    }
}
