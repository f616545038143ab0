/// What an unquoted YAML scalar means by the resolver of PyYAML (YAML 1.1), timestamps left as text.
enum PlainScalar {
    static func resolve(_ text: String) -> DocumentValue {
        guard let first = text.utf8.first else { return .null }
        switch text {
        case "~", "null", "Null", "NULL": return .null
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: break
        }
        let startsNumber = (48...57).contains(first) || first == 43 || first == 45 || first == 46
        guard startsNumber else { return .string(text) }
        return number(text) ?? .string(text)
    }

    private static func number(_ text: String) -> DocumentValue? {
        let negative = text.hasPrefix("-")
        let unsigned = negative || text.hasPrefix("+") ? text.dropFirst() : Substring(text)
        switch unsigned {
        case ".inf", ".Inf", ".INF": return .double(negative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return unsigned.count == text.count ? .double(.nan) : nil
        default: break
        }
        if let value = integer(unsigned) { return .integer(negative ? -value : value) }
        if let value = real(unsigned, isSigned: unsigned.count != text.count) {
            return .double(negative ? -value : value)
        }
        return nil
    }

    /// Binary, octal, hexadecimal, base 60 and decimal, with `_` between the digits.
    private static func integer(_ text: Substring) -> Int? {
        let digits = text.filter { $0 != "_" }
        if text.wholeMatch(of: #/0b[01_]+/#) != nil { return Int(digits.dropFirst(2), radix: 2) }
        if text.wholeMatch(of: #/0x[0-9a-fA-F_]+/#) != nil { return Int(digits.dropFirst(2), radix: 16) }
        if text.wholeMatch(of: #/0[0-7_]+/#) != nil { return Int(digits, radix: 8) }
        if text == "0" || text.wholeMatch(of: #/[1-9][0-9_]*/#) != nil { return Int(digits) }
        guard text.wholeMatch(of: #/[1-9][0-9_]*(?::[0-5]?[0-9])+/#) != nil else { return nil }
        return digits.split(separator: ":").reduce(0) { $0 * 60 + (Int($1) ?? 0) }
    }

    /// A real needs a dot, its exponent a sign, and `.5` no sign before it; base 60 with a fraction.
    private static func real(_ text: Substring, isSigned: Bool) -> Double? {
        let digits = text.filter { $0 != "_" }
        if text.wholeMatch(of: #/[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?/#) != nil
            || !isSigned && text.wholeMatch(of: #/\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?/#) != nil
        {
            return Double(digits.hasSuffix(".") ? digits + "0" : digits.replacing(".e", with: ".0e"))
        }
        guard text.wholeMatch(of: #/[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*/#) != nil else { return nil }
        return digits.split(separator: ":").reduce(0) { $0 * 60 + (Double($1) ?? 0) }
    }
}
