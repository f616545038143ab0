// The tiles of a job: on a map where their outlines are known, else as a grid of their columns and rows.

import { around, draw, prepare } from "./map.js";
import { make } from "./page.js";

const words = {
    waiting: "waiting", running: "running", made: "made", present: "there already", empty: "empty", failed: "failed",
};
const order = Object.keys(words);

/** One state for each place: tiles of several times may lie at one. */
function places(tiles, key) {
    const found = new Map();
    for (const tile of tiles) {
        const name = key(tile);
        if (name === undefined) continue;
        const entry = found.get(name) ?? { tile, counts: {} };
        entry.counts[tile.state] = (entry.counts[tile.state] ?? 0) + 1;
        found.set(name, entry);
    }
    return [...found.values()].map(({ tile, counts }) => {
        const state = ["failed", "running", "waiting", "made", "present", "empty"].find((name) => counts[name]);
        const text = order.filter((name) => counts[name]).map((name) => `${counts[name]} ${words[name]}`).join(", ");
        const title = Object.values(counts).reduce((sum, count) => sum + count, 0) === 1 ? tile.name : `${tile.name} and others`;
        return { tile, state, title: `${title}: ${text}` };
    });
}

export async function drawTiles({ total, tiles }) {
    const counts = {};
    for (const tile of tiles) counts[tile.state] = (counts[tile.state] ?? 0) + 1;
    const text = order.filter((name) => counts[name]).map((name) => `${counts[name]} ${words[name]}`).join(", ");
    document.getElementById("tile-counts").textContent = `${total} tile${total === 1 ? "" : "s"}: ${text || "planned"}.`;
    const svg = document.getElementById("tile-map");
    const rings = tiles.filter((tile) => tile.ring).map((tile) => tile.ring);
    const isMap = rings.length === tiles.length && rings.length > 0;
    const cells = tiles.filter((tile) => tile.cell);
    svg.toggleAttribute("hidden", !isMap && cells.length < 2);
    if (isMap) {
        const path = await prepare(svg, around(rings));
        const shown = places(tiles, (tile) => JSON.stringify(tile.ring));
        svg.append(...shown.map(({ tile, state, title }) => {
            return draw("path", { class: `tile ${state}`, d: path(tile.ring) }, draw("title", {}, title));
        }));
    } else if (cells.length > 0) {
        drawGrid(svg, cells);
    }
    const failed = tiles.filter((tile) => tile.state === "failed");
    document.getElementById("tile-failures").replaceChildren(...(failed.length ? [failures(failed)] : []));
}

function drawGrid(svg, tiles) {
    const xs = tiles.map((tile) => tile.cell[0]);
    const ys = tiles.map((tile) => tile.cell[1]);
    const [left, top] = [Math.min(...xs), Math.max(...ys)];
    const [columns, rows] = [Math.max(...xs) - left + 1, top - Math.min(...ys) + 1];
    const size = Math.min(60, 900 / columns);
    svg.setAttribute("viewBox", `-10 -10 ${Math.max(columns * size, 300) + 20} ${rows * size + 20}`);
    svg.replaceChildren(...places(tiles, (tile) => tile.cell.join()).map(({ tile, state, title }) => {
        const [x, y] = [(tile.cell[0] - left) * size, (top - tile.cell[1]) * size];
        return draw("rect", { class: `tile ${state}`, x, y, width: size, height: size }, draw("title", {}, title));
    }));
}

function failures(tiles) {
    const list = make("ul", {}, ...tiles.slice(0, 50).map((tile) => make("li", {}, `${tile.name}: ${tile.reason ?? ""}`)));
    return make("details", {}, make("summary", {}, `${tiles.length} failed`), list);
}
