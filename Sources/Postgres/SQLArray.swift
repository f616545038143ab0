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
}
