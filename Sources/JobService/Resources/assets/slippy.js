// A map that moves: tiles of the web's maps over a plain ground with borders. Mouse, touch, wheel and keyboard.

import { around, borders, draw } from "./map.js";
import { later, make, say } from "./page.js";

const size = 256;
const deepest = 18;

/** Longitude and latitude as parts of the world's width and height, from the upper left. */
function toWorld([longitude, latitude]) {
    const sine = Math.sin(Math.max(-85.05, Math.min(85.05, latitude)) * Math.PI / 180);
    return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function toDegrees([x, y]) {
    return [(x - 0.5) * 360, Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180 / Math.PI];
}

export class SlippyMap {
    /**
     * @param {HTMLElement} element Holds the map.
     * @param {HTMLElement} place Says where the middle is.
     */
    constructor(element, place) {
        [this.element, this.place] = [element, place];
        [this.center, this.zoom, this.home] = [[0.5, 0.5], 2, undefined];
        this.images = new Map();
        this.ground = draw("svg", { "aria-hidden": "true" });
        this.layer = make("div", { class: "layer", "aria-hidden": "true" });
        element.prepend(this.ground, this.layer);
        this.tell = later(900, () => say(`${this.place.textContent}, scale ${this.zoom}`));
        this.listen();
        borders().then((rings) => {
            this.borders = rings.map((ring) => {
                const points = ring.map(toWorld);
                return { points, box: around([points]) };
            });
            this.paint();
        });
        new ResizeObserver(() => this.paint()).observe(element);
    }

    /** Shows the tiles of an address with {z}, {x} and {y}. */
    show(address) {
        this.address = address;
        for (const image of this.images.values()) image.remove();
        this.images.clear();
        this.paint();
    }

    /** Moves to a box: west, south, east, north. */
    fit([west, south, east, north]) {
        this.home = [west, south, east, north];
        const [left, bottom] = toWorld([west, south]);
        const [right, top] = toWorld([east, north]);
        this.center = [(left + right) / 2, (top + bottom) / 2];
        const { clientWidth: width, clientHeight: height } = this.element;
        const scale = Math.min(width / Math.max(right - left, 1e-9), height / Math.max(bottom - top, 1e-9)) / size;
        this.zoom = Math.max(0, Math.min(deepest, Math.floor(Math.log2(scale * 0.95))));
        this.paint();
    }

    /** Changes the scale around a point of the element (its middle without one). */
    scale(change, point) {
        const zoom = Math.max(0, Math.min(deepest, this.zoom + change));
        if (zoom === this.zoom) return;
        const { clientWidth: width, clientHeight: height } = this.element;
        const [dx, dy] = point ? [point[0] - width / 2, point[1] - height / 2] : [0, 0];
        const [before, after] = [size * 2 ** this.zoom, size * 2 ** zoom];
        this.center = [this.center[0] + dx / before - dx / after, this.center[1] + dy / before - dy / after];
        this.zoom = zoom;
        this.paint();
        this.tell();
    }

    move(dx, dy) {
        const world = size * 2 ** this.zoom;
        this.center = [this.center[0] + dx / world, Math.max(0, Math.min(1, this.center[1] + dy / world))];
        this.paint();
        this.tell();
    }

    paint() {
        const { clientWidth: width, clientHeight: height } = this.element;
        if (width === 0) return;
        const count = 2 ** this.zoom;
        const world = size * count;
        const [left, top] = [this.center[0] * world - width / 2, this.center[1] * world - height / 2];
        const wanted = new Set();
        for (let y = Math.max(0, Math.floor(top / size)); y <= Math.min(count - 1, (top + height) / size); y += 1) {
            for (let x = Math.floor(left / size); x <= (left + width) / size; x += 1) {
                const key = `${this.zoom}/${x}/${y}`;
                wanted.add(key);
                const image = this.images.get(key) ?? this.tile(key, ((x % count) + count) % count, y);
                image.style.left = `${Math.round(x * size - left)}px`;
                image.style.top = `${Math.round(y * size - top)}px`;
            }
        }
        for (const [key, image] of this.images) {
            if (wanted.has(key)) continue;
            image.remove();
            this.images.delete(key);
        }
        this.paintGround(world, left, top, width, height);
        const [longitude, latitude] = toDegrees(this.center);
        const part = (value, letters) => `${Math.abs(value).toFixed(3)}° ${letters[value < 0 ? 1 : 0]}`;
        this.place.textContent = `${part(latitude, "NS")}, ${part(longitude, "EW")}`;
    }

    tile(key, x, y) {
        const image = make("img", { alt: "", draggable: "false", decoding: "async" });
        image.addEventListener("error", () => (image.hidden = true));
        if (this.address) {
            image.src = this.address.replace("{z}", this.zoom).replace("{x}", x).replace("{y}", y);
        }
        this.images.set(key, image);
        this.layer.append(image);
        return image;
    }

    paintGround(world, left, top, width, height) {
        const isSeen = ([west, north, east, south]) => {
            return west * world < left + width && east * world > left && north * world < top + height && south * world > top;
        };
        const path = (this.borders ?? []).filter(({ box }) => isSeen(box)).map(({ points }) => {
            return `M${points.map(([x, y]) => `${(x * world - left).toFixed(1)} ${(y * world - top).toFixed(1)}`).join("L")}Z`;
        });
        this.ground.replaceChildren(draw("path", { class: "land", d: path.join("") }));
    }

    listen() {
        const { element } = this;
        const pointers = new Map();
        const at = (event) => {
            const box = element.getBoundingClientRect();
            return [event.clientX - box.left, event.clientY - box.top];
        };
        element.addEventListener("pointerdown", (event) => {
            if (event.target.closest("button")) return;
            element.setPointerCapture(event.pointerId);
            pointers.set(event.pointerId, at(event));
            element.classList.add("moving");
        });
        element.addEventListener("pointermove", (event) => {
            const old = pointers.get(event.pointerId);
            if (!old) return;
            const now = at(event);
            const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
            if (others.length === 0) {
                this.move(old[0] - now[0], old[1] - now[1]);
            } else {
                const distance = (point) => Math.hypot(point[0] - others[0][0], point[1] - others[0][1]);
                this.pinch = (this.pinch ?? 1) * distance(now) / Math.max(1, distance(old));
                if (this.pinch > 1.6 || this.pinch < 0.625) {
                    this.scale(this.pinch > 1 ? 1 : -1, [(now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2]);
                    this.pinch = 1;
                }
            }
            pointers.set(event.pointerId, now);
        });
        for (const name of ["pointerup", "pointercancel"]) {
            element.addEventListener(name, (event) => {
                pointers.delete(event.pointerId);
                if (pointers.size === 0) element.classList.remove("moving");
            });
        }
        let turned = 0;
        element.addEventListener("wheel", (event) => {
            event.preventDefault();
            turned += event.deltaY;
            if (Math.abs(turned) < 60) return;
            this.scale(turned < 0 ? 1 : -1, at(event));
            turned = 0;
        }, { passive: false });
        element.addEventListener("dblclick", (event) => {
            if (!event.target.closest("button")) this.scale(1, at(event));
        });
        const step = 80;
        const keys = {
            ArrowLeft: () => this.move(-step, 0), ArrowRight: () => this.move(step, 0),
            ArrowUp: () => this.move(0, -step), ArrowDown: () => this.move(0, step),
            "+": () => this.scale(1), "=": () => this.scale(1), "-": () => this.scale(-1),
            Home: () => this.home && this.fit(this.home),
        };
        element.addEventListener("keydown", (event) => {
            const action = event.target === element && !event.ctrlKey && !event.metaKey && keys[event.key];
            if (!action) return;
            event.preventDefault();
            action();
        });
        element.addEventListener("click", (event) => {
            const button = event.target.closest("button");
            if (button?.dataset.zoom) this.scale(Number(button.dataset.zoom));
            if (button && "home" in button.dataset && this.home) this.fit(this.home);
        });
    }
}
