// JSON with the place of every key and value, so that what is wrong with one can be shown where it stands.

/** What is wrong with a text, and where (an offset). */
export class Mistake extends Error {
    constructor(offset, message) {
        super(message);
        this.offset = offset;
    }
}

/**
 * Reads JSON.
 * @param {string} text
 * @returns A node: {kind, value, offset}; of objects value is a list of {key, offset, node}, of lists a list of nodes.
 * @throws {Mistake} At the first thing that is no JSON.
 */
export function parse(text) {
    let at = 0;

    const blank = () => {
        while (/[ \t\r\n]/.test(text[at] ?? "")) at += 1;
    };
    const wrong = (message, offset = at) => {
        throw new Mistake(Math.min(offset, text.length), message);
    };

    function value() {
        blank();
        const offset = at;
        const letter = text[at];
        if (letter === undefined) wrong("The text ends where a value should be.");
        if (letter === "{") return object(offset);
        if (letter === "[") return list(offset);
        if (letter === '"') return { kind: "string", value: string(), offset };
        for (const [word, kind, meaning] of [["true", "boolean", true], ["false", "boolean", false], ["null", "null", null]]) {
            if (text.startsWith(word, at)) {
                at += word.length;
                return { kind, value: meaning, offset };
            }
        }
        const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(text.slice(at, at + 400));
        if (number) {
            at += number[0].length;
            return { kind: "number", value: Number(number[0]), text: number[0], offset };
        }
        const quote = letter === "'" ? " Texts stand in double quotes." : "";
        return wrong(`A value is needed here: a text in quotes, a number, true, false, null, { or [.${quote}`);
    }

    function string() {
        const start = at;
        at += 1;
        while (text[at] !== '"') {
            if (at >= text.length || text[at] === "\n") wrong("The text in quotes does not end on its line.", start);
            at += text[at] === "\\" ? 2 : 1;
        }
        at += 1;
        try {
            return JSON.parse(text.slice(start, at));
        } catch {
            return wrong("The text in quotes has an unknown escape.", start);
        }
    }

    function object(offset) {
        const entries = [];
        at += 1;
        blank();
        if (text[at] === "}") {
            at += 1;
            return { kind: "object", value: entries, offset };
        }
        for (;;) {
            blank();
            const keyOffset = at;
            if (text[at] !== '"') wrong(text[at] === "}" ? "The comma before this bracket is too much." : "A key in double quotes is needed here.");
            const key = string();
            if (entries.some((entry) => entry.key === key)) wrong(`The key "${key}" stands here twice.`, keyOffset);
            blank();
            if (text[at] !== ":") wrong(`A colon is needed after the key "${key}".`);
            at += 1;
            entries.push({ key, offset: keyOffset, node: value() });
            blank();
            if (text[at] === "}") break;
            if (text[at] !== ",") wrong("A comma or } is needed here.");
            at += 1;
        }
        at += 1;
        return { kind: "object", value: entries, offset };
    }

    function list(offset) {
        const nodes = [];
        at += 1;
        blank();
        if (text[at] === "]") {
            at += 1;
            return { kind: "list", value: nodes, offset };
        }
        for (;;) {
            nodes.push(value());
            blank();
            if (text[at] === "]") break;
            if (text[at] !== ",") wrong("A comma or ] is needed here.");
            at += 1;
        }
        at += 1;
        return { kind: "list", value: nodes, offset };
    }

    const root = value();
    blank();
    if (at < text.length) wrong("The text goes on after its end.");
    return root;
}

/** Line and column of an offset, from 1. */
export function place(text, offset) {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length, column: before.at(-1).length + 1 };
}
