/// A `KEY=VALUE` file as python-dotenv reads it: `export`, quotes, comments and `${NAME}` are understood.
public struct KeyValueFile: Sendable {
    public struct Entry: Sendable, Hashable {
        public let key: String
        public let value: String
        /// Counted from 1.
        public let line: Int
    }

    public let path: String
    /// In the order of the file; the last of several entries with one key counts.
    public let entries: [Entry]

    /// Reads `text`; `environment` serves `${NAME}` references before the file's own earlier keys do.
    public init(path: String, text: String, environment: [String: String]) throws(ConfigError) {
        var entries: [Entry] = []
        var known = environment
        for (index, rawLine) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var line = rawLine.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7).trimmed }
            guard let equals = line.firstIndex(of: "="), !line[..<equals].trimmed.isEmpty else {
                throw ConfigError(
                    "\(path):\(index + 1)",
                    "'\(line)' is not KEY=VALUE",
                    hint: "Write # before a comment."
                )
            }
            let key = String(line[..<equals].trimmed)
            guard let value = Self.value(line[line.index(after: equals)...].trimmed, known) else {
                throw ConfigError("\(path):\(index + 1)", "the value of \(key) has no closing quotation mark")
            }
            entries.append(Entry(key: key, value: value, line: index + 1))
            if environment[key] == nil { known[key] = value }
        }
        (self.path, self.entries) = (path, entries)
    }

    /// The entry that counts for a key.
    public subscript(key: String) -> Entry? { entries.last { $0.key == key } }

    private static func value(_ text: Substring, _ known: [String: String]) -> String? {
        guard let quote = text.first, quote == "'" || quote == "\"" else {
            let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
            return expanded(text.hasPrefix("#") ? "" : text[..<end].trimmed, known)
        }
        let body = text.dropFirst()
        guard quote == "\"" else { return body.firstIndex(of: quote).map { String(body[..<$0]) } }
        var result = ""
        var isEscaped = false
        for character in body {
            if isEscaped {
                result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == quote {
                return expanded(result[...], known)
            } else {
                result.append(character)
            }
        }
        return nil
    }

    private static func expanded(_ text: Substring, _ known: [String: String]) -> String {
        String(text).replacing(#/\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/#) { match in
            known[String(match.1)] ?? match.2.map(String.init) ?? ""
        }
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without blanks, tabs and carriage returns at both ends.
    var trimmed: Substring {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
