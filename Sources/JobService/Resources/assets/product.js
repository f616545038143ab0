// A product: its pixels on a map that moves, and its datasets on one that does not.

import { drawShapes } from "./shapes.js";
import { SlippyMap } from "./slippy.js";

const element = document.getElementById("slippy");
const map = new SlippyMap(element, document.getElementById("place"));
const form = document.getElementById("style");

/** The query of tiles by what the form says. */
function query() {
    const value = (id) => document.getElementById(id).value.trim();
    const words = new URLSearchParams();
    const bands = ["red", "green", "blue"].map(value).filter((name) => name !== "");
    if (bands.length === 3) words.set("bands", bands.join(","));
    else if (value("red")) words.set("bands", value("red"));
    if (value("low") !== "" && value("high") !== "") words.set("stretch", `${value("low")},${value("high")}`);
    if (element.dataset.time) words.set("time", element.dataset.time);
    return words.toString();
}

form.addEventListener("submit", (event) => {
    event.preventDefault();
    map.show(`${element.dataset.tiles}/{z}/{x}/{y}.png?${query()}`);
});

map.show(`${element.dataset.tiles}/{z}/{x}/{y}.png?${query()}`);
const bounds = element.dataset.bounds.split(",").map(Number);
map.fit(bounds.length === 4 ? bounds : [-180, -60, 180, 75]);
await drawShapes();
