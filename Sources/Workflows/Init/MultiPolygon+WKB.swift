import Geo

extension MultiPolygon {
    /// The polygons as well-known binary (little endian, no SRID) in hexadecimal digits, as PostGIS reads it.
    var hexadecimalWKB: String {
        var bytes: [UInt8] = []
        func append<T: FixedWidthInteger>(_ number: T) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        func begin(_ type: UInt32, count: Int) {
            bytes.append(1)
            append(type)
            append(UInt32(count))
        }
        begin(6, count: parts.count)
        for part in parts {
            begin(3, count: part.rings.count)
            for ring in part.rings {
                let closed = ring.first == ring.last ? ring : ring + ring.prefix(1)
                append(UInt32(closed.count))
                for point in closed {
                    append(point.x.bitPattern)
                    append(point.y.bitPattern)
                }
            }
        }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
