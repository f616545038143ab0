/// Lists as PostgreSQL reads them, so that one statement can carry many rows.
public enum SQLArray {
    /// The text of an array parameter: `{"a","b",NULL}`.
    public static func text(_ values: some Sequence<String?>) -> String {
        var out = "{"
        for (index, value) in values.enumerated() {
            if index > 0 { out += "," }
            guard let value else {
                out += "NULL"
                continue
            }
            out += "\""
            for scalar in value.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { out.unicodeScalars.append("\\") }
                out.unicodeScalars.append(scalar)
            }
            out += "\""
        }
        return out + "}"
    }

    /// The elements of a one-dimensional array as PostgreSQL prints it.
    public static func values(_ text: String) -> [String?] {
        var values: [String?] = []
        var current = ""
        var (isQuoted, wasQuoted, isEscaped) = (false, false, false)
        for character in text.dropFirst().unicodeScalars {
            if isEscaped {
                current.unicodeScalars.append(character)
                isEscaped = false
            } else if isQuoted {
                switch character {
                case "\\": isEscaped = true
                case "\"": isQuoted = false
                default: current.unicodeScalars.append(character)
                }
            } else if character == "\"" {
                (isQuoted, wasQuoted) = (true, true)
            } else if character == "," || character == "}" {
                if !current.isEmpty || wasQuoted { values.append(!wasQuoted && current == "NULL" ? nil : current) }
                (current, wasQuoted) = ("", false)
            } else {
                current.unicodeScalars.append(character)
            }
        }
        return values
    }
}
