import Documents

/// An INI file as Python's configparser reads it; or a mapping of sections in YAML or JSON, as datacube 1.9 takes it.
public struct INIFile: Sendable {
    public struct Entry: Sendable, Hashable {
        /// In lower case.
        public let key: String
        public var value: String
        /// Counted from 1.
        public let line: Int
    }
    public struct Section: Sendable, Hashable {
        public let name: String
        public let line: Int
        public var entries: [Entry] = []
    }

    public let path: String
    public let sections: [Section]

    public init(path: String, text: String) throws(ConfigError) {
        if let sections = Self.mapping(path, text) {
            (self.path, self.sections) = (path, sections)
            return
        }
        var sections: [Section] = []
        var canContinue = false
        for (index, rawLine) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = rawLine.trimmed
            let place = "\(path):\(index + 1)"
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.isEmpty {
                canContinue = false
            } else if canContinue, rawLine.first?.isWhitespace == true, let last = sections.last?.entries.indices.last {
                sections[sections.count - 1].entries[last].value += "\n" + line
            } else if line.hasPrefix("[") {
                guard let close = line.firstIndex(of: "]") else {
                    throw ConfigError(place, "'\(line)' has no closing ]")
                }
                sections.append(Section(name: String(line.dropFirst()[..<close].trimmed), line: index + 1))
                canContinue = false
            } else {
                guard let entry = Self.entry(line, number: index + 1) else {
                    throw ConfigError(place, "'\(line)' is neither [section] nor key: value")
                }
                guard !sections.isEmpty else {
                    throw ConfigError(place, "'\(entry.key)' stands before any section", hint: "Begin with [datacube].")
                }
                sections[sections.count - 1].entries.append(entry)
                canContinue = true
            }
        }
        (self.path, self.sections) = (path, sections)
    }

    /// The sections of a YAML or JSON text; nil for what is an INI file, or has to be told that it is none.
    private static func mapping(_ path: String, _ text: String) -> [Section]? {
        let lines = text.split(separator: "\n").map(\.trimmed)
        guard let first = lines.first(where: { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";") }),
            !first.hasPrefix("["), let root = try? YAML.parse(text, origin: path).first?.root,
            let sections = try? root.entries(), sections.allSatisfy({ $0.reader.value.object != nil })
        else { return nil }
        return sections.map { section in
            let entries = (try? section.reader.entries()) ?? []
            return Section(
                name: section.key,
                line: section.reader.line ?? 1,
                entries: entries.compactMap { key, reader in
                    let text = reader.value.string ?? reader.value.integer.map { "\($0)" }
                    return text.map { Entry(key: key.lowercased(), value: $0, line: reader.line ?? 1) }
                }
            )
        }
    }

    private static func entry(_ line: Substring, number: Int) -> Entry? {
        guard let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
        let key = line[..<separator].trimmed.lowercased()
        let value = line[line.index(after: separator)...].trimmed.replacing("%%", with: "%")
        return key.isEmpty ? nil : Entry(key: key, value: String(value), line: number)
    }
}
