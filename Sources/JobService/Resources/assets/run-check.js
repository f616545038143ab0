// What is wrong with a job in JSON: by the job types that the page carries, as the service checks it too.

import { Mistake, parse, place } from "./json-places.js";

const keys = ["kind", "parameters", "runId", "run", "executionDuration", "destruction"];

/** All that is wrong with a text: [{line, column, message}]. */
export function check(text, types) {
    const mistakes = [];
    const note = (offset, message) => mistakes.push({ ...place(text, offset), message });
    let root;
    try {
        root = parse(text);
    } catch (error) {
        if (!(error instanceof Mistake)) throw error;
        note(error.offset, error.message);
        return mistakes;
    }
    if (root.kind !== "object") {
        note(root.offset, "A job is an object: { … }.");
        return mistakes;
    }
    const entries = new Map(root.value.map((entry) => [entry.key, entry]));
    for (const entry of root.value) {
        if (!keys.includes(entry.key)) note(entry.offset, `There is no key '${entry.key}' here. Known: ${keys.join(", ")}.`);
    }
    const expect = (key, kind, words) => {
        const entry = entries.get(key);
        if (entry && entry.node.kind !== kind && entry.node.kind !== "null") note(entry.offset, `'${key}' must be ${words}.`);
    };
    expect("runId", "string", "text");
    expect("run", "boolean", "true or false");
    expect("executionDuration", "number", "a whole number of seconds");
    expect("destruction", "string", "a time such as 2027-01-31T12:00:00Z");
    const kind = entries.get("kind");
    if (!kind) {
        note(0, `The key 'kind' is needed: one of ${types.map((type) => type.name).join(", ")}.`);
        return mistakes;
    }
    const type = types.find((type) => type.name === kind.node.value);
    if (!type) {
        note(kind.offset, `There is no such job type. There are: ${types.map((type) => type.name).join(", ")}.`);
        return mistakes;
    }
    const isRun = entries.get("run")?.node.value !== false;
    checkParameters(entries.get("parameters"), type, isRun, root, note);
    return mistakes;
}

function checkParameters(entry, type, isRun, root, note) {
    const given = new Set();
    if (entry && entry.node.kind !== "object") {
        note(entry.offset, "'parameters' must be an object of names and values.");
        return;
    }
    for (const { key, offset, node } of entry?.node.value ?? []) {
        const parameter = type.parameters.find((parameter) => parameter.name.toLowerCase() === key.toLowerCase());
        if (!parameter) {
            if (!type.open) note(offset, `'${type.name}' has no parameter '${key}'.`);
            continue;
        }
        const text = node.kind === "string" ? node.value : node.kind === "number" ? node.text : String(node.value);
        if (node.kind === "null" || text === "") continue;
        given.add(parameter.name);
        if (node.kind === "object" || node.kind === "list") continue;
        const reason = objection(parameter, text);
        if (reason) note(offset, `'${key}': ${reason}`);
    }
    if (!isRun) return;
    for (const parameter of type.parameters) {
        if (parameter.required && !given.has(parameter.name)) {
            note(entry?.offset ?? root.offset, `The parameter '${parameter.name}' needs a value.`);
        }
    }
}

/** Why a parameter does not take a text; undefined where it does. */
function objection(parameter, text) {
    if (parameter.options.length && !parameter.options.includes(text)) {
        return `'${text}' is none of ${parameter.options.join(", ")}.`;
    }
    switch (parameter.type) {
        case "xs:boolean":
            return /^(true|false|1|0)$/i.test(text) ? undefined : `'${text}' is neither true nor false.`;
        case "xs:integer":
            return /^[+-]?\d+$/.test(text) ? limits(parameter, Number(text)) : `'${text}' is no whole number.`;
        case "xs:double":
            return text.trim() !== "" && Number.isFinite(Number(text)) ? limits(parameter, Number(text)) : `'${text}' is no number.`;
        case "xs:anyURI":
            return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) ? undefined : `'${text}' is no address such as https://example.org/scene.zip.`;
        default:
            return undefined;
    }
}

function limits(parameter, number) {
    if (parameter.minimum !== undefined && number < parameter.minimum) return `${number} is less than ${parameter.minimum}.`;
    if (parameter.maximum !== undefined && number > parameter.maximum) return `${number} is more than ${parameter.maximum}.`;
    return undefined;
}
