import Geo
import Raster

extension MultiPolygon {
    /// The polygons as well-known binary (little endian, no SRID) in hexadecimal digits, as PostGIS reads it.
    var hexadecimalWKB: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: wkb.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension MultiPolygon {
    /// Reads little-endian WKB of a multipolygon without SRID from hexadecimal digits; nil for anything else.
    init?(hexadecimalWKB text: String) {
        var reader = WKBReader(text)
        guard let count = reader.begin(6) else { return nil }
        var parts: [Part] = []
        for _ in 0..<count {
            guard let rings = reader.begin(3) else { return nil }
            var part = Part(rings: [])
            for _ in 0..<rings {
                guard let ring = reader.ring() else { return nil }
                part.rings.append(ring)
            }
            parts.append(part)
        }
        self.init(parts: parts)
    }
}

/// Takes numbers off the front of well-known binary.
private struct WKBReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : (digit | 32) - 87 }
        let digits = Array(text.utf8)
        bytes = stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }

    /// The count behind a geometry's byte order and type, nil where it is another type.
    mutating func begin(_ type: UInt32) -> Int? {
        guard let order: UInt8 = number(), order == 1, let found: UInt32 = number(), found == type else { return nil }
        return number().map { (count: UInt32) in Int(count) }
    }

    mutating func ring() -> [Point]? {
        guard let count: UInt32 = number() else { return nil }
        var points: [Point] = []
        for _ in 0..<count {
            guard let x: UInt64 = number(), let y: UInt64 = number() else { return nil }
            points.append(Point(x: Double(bitPattern: x), y: Double(bitPattern: y)))
        }
        return points
    }

    private mutating func number<T: FixedWidthInteger>() -> T? {
        let size = MemoryLayout<T>.size
        guard position + size <= bytes.count else { return nil }
        defer { position += size }
        return (0..<size).reduce(T.zero) { $0 | T(truncatingIfNeeded: bytes[position + $1]) << T($1 * 8) }
    }
}
