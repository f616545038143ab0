/// Lists as PostgreSQL reads them, so that one statement can carry many rows.
public enum SQLArray {
    /// The text of an array parameter: `{"a","b",NULL}`.
    public static func text(_ values: some Sequence<String?>) -> String {
        var out: [UInt8] = [UInt8(ascii: "{")]
        let (quote, escape) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        for value in values {
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            guard let value else {
                out.append(contentsOf: "NULL".utf8)
                continue
            }
            out.append(quote)
            for byte in value.utf8 {
                if byte == quote || byte == escape { out.append(escape) }
                out.append(byte)
            }
            out.append(quote)
        }
        out.append(UInt8(ascii: "}"))
        return String(decoding: out, as: UTF8.self)
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
