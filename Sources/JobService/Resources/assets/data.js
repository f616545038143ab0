// The data page: products on a map.

import { drawShapes } from "./shapes.js";

await drawShapes(12);
