import Foundation

/// A recursive-descent reader of RFC 8259 over UTF-8 bytes.
struct JSONParser {
    private let bytes: [UInt8]
    private let origin: String
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8], origin: String) { (self.bytes, self.origin) = (bytes, origin) }

    mutating func parseDocument() throws(DocumentError) -> DocumentValue {
        let value = try parseValue()
        skipBlanks()
        guard position == bytes.count else { throw failure("has text after the end of the value") }
        return value
    }

    private mutating func parseValue() throws(DocumentError) -> DocumentValue {
        skipBlanks()
        guard position < bytes.count else { throw failure("ends too early") }
        depth += 1
        defer { depth -= 1 }
        guard depth < 512 else { throw failure("is nested too deeply") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try parseObject()
        case UInt8(ascii: "["): return try parseArray()
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "N"): return try parseWord("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try parseWord("Infinity", .double(.infinity))
        default: return try parseNumber()
        }
    }

    private mutating func parseObject() throws(DocumentError) -> DocumentValue {
        position += 1
        var object = DocumentObject()
        skipBlanks()
        if take("}") { return .object(object) }
        repeat {
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw failure("needs a quoted key here")
            }
            let key = try parseString()
            skipBlanks()
            guard take(":") else { throw failure("needs ':' after the key '\(key)'") }
            object[key] = try parseValue()
            skipBlanks()
        } while take(",")
        guard take("}") else { throw failure("needs ',' or '}' here") }
        return .object(object)
    }

    private mutating func parseArray() throws(DocumentError) -> DocumentValue {
        position += 1
        var values: [DocumentValue] = []
        skipBlanks()
        if take("]") { return .array(values) }
        repeat {
            values.append(try parseValue())
            skipBlanks()
        } while take(",")
        guard take("]") else { throw failure("needs ',' or ']' here") }
        return .array(values)
    }

    private mutating func parseString() throws(DocumentError) -> String {
        position += 1
        var out: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: out, as: UTF8.self) else { throw failure("is not UTF-8 text") }
                return text
            case UInt8(ascii: "\\"):
                out.append(contentsOf: try parseEscape())
            case 0..<0x20:
                throw failure("has a control character within a string")
            default:
                out.append(byte)
            }
        }
        throw failure("ends within a string")
    }

    private mutating func parseEscape() throws(DocumentError) -> [UInt8] {
        guard position < bytes.count else { throw failure("ends within a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var code = try parseHex()
            if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
                code = 0x10000 + (code - 0xD800) << 10 + (try parseHex() &- 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("has half a surrogate pair") }
            return Array(String(Character(scalar)).utf8)
        default: throw failure("has an unknown escape in a string")
        }
    }

    private mutating func parseHex() throws(DocumentError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("has a broken \\u escape") }
        position += 4
        return code
    }

    private mutating func parseNumber() throws(DocumentError) -> DocumentValue {
        let start = position
        var isReal = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isReal = true
            default:
                return try number(from: start, isReal: isReal)
            }
            position += 1
        }
        return try number(from: start, isReal: isReal)
    }

    private mutating func number(from start: Int, isReal: Bool) throws(DocumentError) -> DocumentValue {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if text == "-", position < bytes.count, bytes[position] == UInt8(ascii: "I") {
            return try parseWord("Infinity", .double(-.infinity))
        }
        if !isReal, let integer = Int(text) { return .integer(integer) }
        guard let real = Double(text) else { throw failure("has something here that is no JSON value") }
        return .double(real)
    }

    private mutating func parseWord(_ word: String, _ value: DocumentValue) throws(DocumentError) -> DocumentValue {
        guard bytes[position...].starts(with: word.utf8) else {
            throw failure("has something here that is no JSON value")
        }
        position += word.utf8.count
        return value
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    private func failure(_ reason: String) -> DocumentError {
        let before = bytes.prefix(position)
        let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        // Characters, not bytes: all but those that continue one of UTF-8.
        let column = 1 + before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count { $0 & 0xC0 != 0x80 }
        return DocumentError(origin: origin, line: line, column: column, reason: reason)
    }
}
