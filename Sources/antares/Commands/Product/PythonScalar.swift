import Documents

/// How PyYAML writes a text in a block: what it looks like decides on the quotes.
struct PythonScalar {
    /// The ways to write a text.
    enum Style {
        case plain, single, double
    }

    private let text: String
    private let hasIndicators: Bool
    private let isMultiline: Bool
    private let isPlainPossible: Bool
    private let isSinglePossible: Bool

    init(_ text: String) {
        self.text = text
        let characters = Array(text.unicodeScalars)
        let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
        var hasIndicators = text.hasPrefix("---") || text.hasPrefix("...")
        var (isSpecial, breakSpace, spaceBreak) = (false, false, false)
        for (index, character) in characters.enumerated() {
            let isFollowed = index + 1 >= characters.count || blanks.contains(characters[index + 1])
            let previous = index > 0 ? characters[index - 1] : nil
            if index == 0 {
                hasIndicators = hasIndicators || "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(character)
                if isFollowed, "?:-".unicodeScalars.contains(character) { hasIndicators = true }
            } else {
                if character == ":", isFollowed { hasIndicators = true }
                if character == "#", previous.map(blanks.contains) == true { hasIndicators = true }
            }
            // What is not printable ASCII is escaped.
            if character != "\n", !(" "..."~").contains(character) { isSpecial = true }
            if character == " ", previous == "\n" { breakSpace = true }
            if character == "\n", previous == " " { spaceBreak = true }
        }
        let edges = [characters.first, characters.last].compactMap { $0 }
        let hasBlankEdge = edges.contains { $0 == " " || $0 == "\n" }
        self.hasIndicators = hasIndicators
        isMultiline = characters.contains("\n")
        isSinglePossible = !isSpecial && !breakSpace && !spaceBreak
        isPlainPossible = isSinglePossible && !hasBlankEdge && !isMultiline
    }

    func style(isKey: Bool) -> Style {
        if isPlainPossible, !hasIndicators, isReadAsText { return .plain }
        return isSinglePossible && !(isKey && isMultiline) ? .single : .double
    }

    /// False for what YAML 1.1 would read as a number, a time, a truth value or nothing.
    private var isReadAsText: Bool {
        if text.isEmpty || text == "=" || text == "<<" { return false }
        let time = #/\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?/#
        if text.wholeMatch(of: #/\d{4}-\d\d-\d\d/#) != nil || text.wholeMatch(of: time) != nil { return false }
        return (try? YAML.parse("v: \(text)\n", origin: "").first?.value["v"]) == .string(text)
    }
}

extension PythonScalar.Style {
    private static let bestWidth = 80

    /// The text in this style, on further lines where it goes beyond the 80th column.
    ///
    /// The line stands at `column`, further ones begin with `indent` blanks; without `splits` there are none.
    func fold(_ text: String, column: Int, indent: Int, splits: Bool) -> String {
        switch self {
        case .plain: return foldWords(text, column, indent, splits)
        case .single:
            let quoted = foldWords(text.replacing("'", with: "''"), column + 1, indent, splits)
            return "'\(quoted)'"
        case .double: return foldEscaped(text, column, indent, splits)
        }
    }

    /// Lines break at single blanks; a line end in the text becomes an empty line.
    private func foldWords(_ text: String, _ column: Int, _ indent: Int, _ splits: Bool) -> String {
        let margin = "\n" + String(repeating: " ", count: indent)
        let characters = Array(text)
        var (out, column, start) = ("", column, 0)
        while start < characters.count {
            let first = characters[start]
            var end = start
            if first == " " {
                while end < characters.count, characters[end] == " " { end += 1 }
                let isInside = start > 0 && end < characters.count
                if end == start + 1, column > Self.bestWidth, splits, isInside {
                    out += margin
                    column = indent
                } else {
                    out += String(repeating: " ", count: end - start)
                    column += end - start
                }
            } else if first == "\n" {
                while end < characters.count, characters[end] == "\n" { end += 1 }
                out += String(repeating: "\n", count: end - start) + margin
                column = indent
            } else {
                while end < characters.count, characters[end] != " ", characters[end] != "\n" { end += 1 }
                out += String(characters[start..<end])
                column += end - start
            }
            start = end
        }
        return out
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\0": "0", "\u{7}": "a", "\u{8}": "b", "\t": "t", "\n": "n", "\u{B}": "v", "\u{C}": "f", "\r": "r",
        "\u{1B}": "e", "\"": "\"", "\\": "\\", "\u{85}": "N", "\u{A0}": "_", "\u{2028}": "L", "\u{2029}": "P",
    ]

    private func foldEscaped(_ text: String, _ column: Int, _ indent: Int, _ splits: Bool) -> String {
        let margin = "\n" + String(repeating: " ", count: indent)
        let characters = Array(text.unicodeScalars)
        var (out, column, start) = ("\"", column + 1, 0)
        for end in 0...characters.count {
            let character = end < characters.count ? characters[end] : nil
            let isEscaped = character.map { $0 == "\"" || $0 == "\\" || !(" "..."~").contains($0) } ?? true
            if isEscaped {
                if start < end {
                    out.unicodeScalars.append(contentsOf: characters[start..<end])
                    column += end - start
                    start = end
                }
                if let character {
                    let written = "\\" + (Self.escapes[character] ?? Self.hexadecimal(character))
                    out += written
                    column += written.count
                    start = end + 1
                }
            }
            guard splits, end > 0, end < characters.count - 1, character == " " || start >= end,
                column + end - start > Self.bestWidth
            else { continue }
            if start < end {
                out.unicodeScalars.append(contentsOf: characters[start..<end])
                start = end
            }
            out += "\\" + margin
            column = indent
            if characters[start] == " " {
                out += "\\"
                column += 1
            }
        }
        return out + "\""
    }

    private static func hexadecimal(_ character: Unicode.Scalar) -> String {
        let digits = String(character.value, radix: 16, uppercase: true)
        let (letter, width) = character.value <= 0xFF ? ("x", 2) : character.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return letter + String(repeating: "0", count: width - digits.count) + digits
    }
}
