// Maps of outlines: plate carrée (longitude and latitude as they are), with a graticule and borders, drawn as SVG.

import { root } from "./page.js";

const namespace = "http://www.w3.org/2000/svg";

export function draw(name, attributes = {}, ...children) {
    const element = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

/** West, south, east and north around rings; nil without one. */
export function around(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) {
        for (const [x, y] of ring) {
            box[0] = Math.min(box[0], x);
            box[1] = Math.min(box[1], y);
            box[2] = Math.max(box[2], x);
            box[3] = Math.max(box[3], y);
        }
    }
    return box[0] <= box[2] ? box : undefined;
}

let known;
/** Borders of countries; none where the service has none. */
export function borders() {
    known ??= fetch(`${root}/data/borders.json`).then((response) => (response.ok ? response.json() : [])).catch(() => []);
    return known;
}

/**
 * Prepares a map.
 * @param {SVGElement} svg Is emptied.
 * @param {number[]} box West, south, east and north of what is to be seen.
 * @param {number} least Degrees that it shows at least, so that one sees where in the world it is.
 * @returns {(ring: number[][]) => string} Makes the path of a ring.
 */
export async function prepare(svg, box, least = 0) {
    const span = Math.max(box[2] - box[0], box[3] - box[1], 0.02);
    const margin = Math.max(0.12 * span, (least - span) / 2);
    let [west, south, east, north] = [box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin];
    // Degrees of longitude are narrower away from the equator; the map is about twice as wide as high.
    const shrink = Math.max(0.2, Math.cos(((south + north) / 2) * Math.PI / 180));
    const missing = 1.9 * (north - south) - (east - west) * shrink;
    if (missing > 0) [west, east] = [west - missing / 2 / shrink, east + missing / 2 / shrink];
    else [south, north] = [south + missing / 3.8, north - missing / 3.8];
    [south, north] = [Math.max(-90, south), Math.min(90, north)];
    if (east - west > 360) [west, east] = [-180, 180];
    const width = 900;
    const scale = width / (east - west);
    const height = Math.round((north - south) * scale / shrink);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const place = ([x, y]) => `${((x - west) * scale).toFixed(1)} ${((north - y) * scale / shrink).toFixed(1)}`;
    const path = (ring) => `M${ring.map(place).join("L")}Z`;
    svg.replaceChildren();
    const near = (await borders()).filter((ring) => meets(around([ring]), [west, south, east, north]));
    svg.append(draw("path", { class: "borders", d: near.map(path).join("") }));
    svg.append(...graticule([west, south, east, north], place, height));
    return path;
}

function meets(a, b) {
    return a && a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
}

function graticule([west, south, east, north], place, height) {
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].find((size) => (east - west) / size <= 8) ?? 30;
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    const elements = [];
    const name = (value, letters) => `${Math.abs(value).toFixed(digits)}°${value < 0 ? letters[1] : value > 0 ? letters[0] : ""}`;
    const lines = [];
    for (let x = Math.ceil(west / step) * step; x < east; x += step) {
        lines.push(`M${place([x, north])}L${place([x, south])}`);
        const [left] = place([x, north]).split(" ");
        elements.push(draw("text", { x: Number(left) + 3, y: height - 4 }, name(x, "EW")));
    }
    for (let y = Math.ceil(south / step) * step; y < north; y += step) {
        lines.push(`M${place([west, y])}L${place([east, y])}`);
        elements.push(draw("text", { x: 3, y: Number(place([west, y]).split(" ")[1]) - 3 }, name(y, "NS")));
    }
    return [draw("path", { class: "graticule", d: lines.join("") }), ...elements];
}
