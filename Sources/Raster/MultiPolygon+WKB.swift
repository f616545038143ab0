public import Geo

extension MultiPolygon {
    /// The polygons as well-known binary: little endian, without SRID, rings closed.
    public var wkb: [UInt8] {
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
        return bytes
    }
}
