/// What an unquoted YAML scalar means by the resolver of PyYAML (YAML 1.1), timestamps left as text.
enum PlainScalar {
    static func resolve(_ text: String) -> DocumentValue {
        guard let first = text.utf8.first else { return .null }
        // No word is longer.
        switch text.utf8.count > 5 ? "-" : text {
        case "~", "null", "Null", "NULL": return .null
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: break
        }
        let startsNumber = (48...57).contains(first) || first == 43 || first == 45 || first == 46
        guard startsNumber else { return .string(text) }
        return simpleNumber(text) ?? number(text) ?? .string(text)
    }

    /// A number as most are: digits that do not begin with 0, perhaps with a dot and further digits; nil for all others.
    private static func simpleNumber(_ text: String) -> DocumentValue? {
        let bytes = text.utf8
        guard bytes.count < 18 else { return nil }
        let unsigned = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes[...]
        guard let first = unsigned.first, isDigit(first), unsigned.last.map(isDigit) == true else { return nil }
        var dots = 0
        for byte in unsigned where !isDigit(byte) {
            guard byte == UInt8(ascii: "."), dots == 0 else { return nil }
            dots = 1
        }
        guard dots == 0 else { return Double(text).map { .double($0) } }
        return first == zero ? DocumentValue?.none : Int(text).map { .integer($0) }
    }

    private static func number(_ text: String) -> DocumentValue? {
        let negative = text.hasPrefix("-")
        let unsigned = negative || text.hasPrefix("+") ? text.dropFirst() : Substring(text)
        switch unsigned {
        case ".inf", ".Inf", ".INF": return .double(negative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return unsigned.count == text.count ? .double(.nan) : nil
        default: break
        }
        if let value = integer(unsigned) {
            switch value {
            case .integer(let number): return .integer(negative ? -number : number)
            case .double(let number): return .double(negative ? -number : number)
            default: return value
            }
        }
        if let value = real(unsigned, isSigned: unsigned.count != text.count) {
            return .double(negative ? -value : value)
        }
        return nil
    }

    /// Binary, octal, hexadecimal, base 60 and decimal, with `_` between the digits.
    ///
    /// Numbers of more than 64 bits become reals.
    private static func integer(_ text: Substring) -> DocumentValue? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else { return nil }
        let digits = String(decoding: bytes.filter { $0 != underscore }, as: UTF8.self)
        if first == zero {
            guard bytes.count > 1 else { return .integer(0) }
            let rest = bytes.dropFirst(2)
            switch bytes[1] {
            case UInt8(ascii: "b")
            where !rest.isEmpty && rest.allSatisfy { $0 == zero || $0 == one || $0 == underscore }:
                return whole(digits.dropFirst(2), radix: 2)
            case UInt8(ascii: "x") where !rest.isEmpty && rest.allSatisfy(isHexadecimal):
                return whole(digits.dropFirst(2), radix: 16)
            default:
                return bytes.allSatisfy { (zero...seven).contains($0) || $0 == underscore }
                    ? whole(digits[...], radix: 8) : nil
            }
        }
        guard isDigit(first) else { return nil }
        let parts = bytes.split(separator: colon, omittingEmptySubsequences: false)
        guard parts[0].allSatisfy(isDigitOrUnderscore) else { return nil }
        if parts.count == 1 { return whole(digits[...], radix: 10) }
        guard parts.dropFirst().allSatisfy(isBelowSixty) else { return nil }
        let sum = digits.split(separator: ":").reduce(0.0) { $0 * 60 + (Double($1) ?? 0) }
        return Int(exactly: sum).map { .integer($0) } ?? .double(sum)
    }

    private static func whole(_ digits: Substring, radix: Int) -> DocumentValue? {
        if let number = Int(digits, radix: radix) { return .integer(number) }
        let values = digits.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
        guard !values.isEmpty else { return nil }
        return .double(radix == 10 ? Double(digits) ?? .infinity : values.reduce(0) { $0 * Double(radix) + Double($1) })
    }

    /// A real needs a dot, its exponent a sign, and `.5` no sign before it; base 60 with a fraction.
    private static func real(_ text: Substring, isSigned: Bool) -> Double? {
        let bytes = Array(text.utf8)
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), let first = bytes.first else { return nil }
        let (whole, fraction) = (bytes[..<dot], bytes[(dot + 1)...])
        let digits = String(decoding: bytes.filter { $0 != underscore }, as: UTF8.self)
        if whole.contains(colon) {
            let parts = whole.split(separator: colon, omittingEmptySubsequences: false)
            guard isDigit(first), parts[0].allSatisfy(isDigitOrUnderscore), parts.dropFirst().allSatisfy(isBelowSixty),
                fraction.allSatisfy(isDigitOrUnderscore)
            else { return nil }
            return digits.split(separator: ":").reduce(0) { $0 * 60 + (Double($1) ?? 0) }
        }
        guard whole.isEmpty ? !isSigned && fraction.first.map(isDigit) == true : isDigit(first),
            whole.allSatisfy(isDigitOrUnderscore)
        else { return nil }
        let exponent = fraction.drop(while: isDigitOrUnderscore)
        if let letter = exponent.first {
            let power = exponent.dropFirst(2)
            guard letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E"), exponent.count > 2,
                exponent[exponent.startIndex + 1] == UInt8(ascii: "-")
                    || exponent[exponent.startIndex + 1] == UInt8(ascii: "+"),
                power.allSatisfy(isDigit)
            else { return nil }
        }
        return Double(digits.hasSuffix(".") ? digits + "0" : digits.lowercased().replacing(".e", with: ".0e"))
    }

    private static let (zero, one, seven) = (UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "7"))
    private static let (underscore, colon) = (UInt8(ascii: "_"), UInt8(ascii: ":"))

    private static func isDigit(_ byte: UInt8) -> Bool { (zero...UInt8(ascii: "9")).contains(byte) }

    private static func isDigitOrUnderscore(_ byte: UInt8) -> Bool { isDigit(byte) || byte == underscore }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigitOrUnderscore(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 32)
    }

    /// One digit, or two of which the first is below 6.
    private static func isBelowSixty(_ part: ArraySlice<UInt8>) -> Bool {
        guard let first = part.first, part.allSatisfy(isDigit) else { return false }
        return part.count == 1 || part.count == 2 && first < UInt8(ascii: "6")
    }
}
