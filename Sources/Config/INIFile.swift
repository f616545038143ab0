/// An INI file as Python's configparser reads it.
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

    private static func entry(_ line: Substring, number: Int) -> Entry? {
        guard let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
        let key = line[..<separator].trimmed.lowercased()
        let value = line[line.index(after: separator)...].trimmed.replacing("%%", with: "%")
        return key.isEmpty ? nil : Entry(key: key, value: String(value), line: number)
    }
}
