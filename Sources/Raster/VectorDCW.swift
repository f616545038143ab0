import CNetCDF
public import Geo

/// The Digital Chart of the World as GMT ships it (package gmt-dcw): borders at 1:1,000,000 by two-letter code.
///
/// For each code XX the netCDF file has the variables `XX_lon` and `XX_lat`, whole numbers of 16 bits with the attributes
/// `min` and `scale`: degrees = min + raw / scale. A raw longitude of 65535 begins a ring; the raw latitude beside
/// it is 0 for an outer ring and 1 for a hole. Longitudes may run past 180.
public struct VectorDCW: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The polygons of a country (`MX`) or of one of its states (`USTX`), nil where the file has none of that code.
    public func polygon(code: String) throws(RasterError) -> MultiPolygon? {
        try NetCDFLock.withLock { () throws(RasterError) in
            var file: Int32 = 0
            try check(nc_open(path, NC_NOWRITE, &file), .openFailed, path, hint: "Install the package gmt-dcw again.")
            defer { nc_close(file) }
            guard let longitudes = try column(file, "\(code)_lon"), let latitudes = try column(file, "\(code)_lat")
            else {
                return nil
            }
            return Self.polygon(longitudes, latitudes)
        }
    }

    /// One coordinate of all vertices, as stored and with the rule that makes degrees of it.
    struct Column {
        var raw: [UInt16]
        var minimum: Double
        var scale: Double
        func degrees(_ index: Int) -> Double { minimum + Double(raw[index]) / scale }
    }

    static func polygon(_ longitudes: Column, _ latitudes: Column) -> MultiPolygon {
        var parts: [MultiPolygon.Part] = []
        var ring: [Point] = []
        var isHole = false
        func endRing() {
            defer { ring = [] }
            guard ring.count > 2 else { return }
            if isHole, !parts.isEmpty {
                parts[parts.count - 1].rings.append(ring)
            } else {
                parts.append(MultiPolygon.Part(rings: [ring]))
            }
        }
        for index in 0..<min(longitudes.raw.count, latitudes.raw.count) {
            if longitudes.raw[index] == .max {
                endRing()
                isHole = latitudes.raw[index] == 1
            } else {
                ring.append(Point(x: longitudes.degrees(index), y: latitudes.degrees(index)))
            }
        }
        endRing()
        return MultiPolygon(parts: parts.map(withinUsualLongitudes))
    }

    /// The part moved by whole turns so that its middle lies within -180...180, and closed.
    private static func withinUsualLongitudes(_ part: MultiPolygon.Part) -> MultiPolygon.Part {
        let middle = (part.rings[0].map(\.x).min() ?? 0) / 2 + (part.rings[0].map(\.x).max() ?? 0) / 2
        let turn = middle > 180 ? -360.0 : middle < -180 ? 360.0 : 0
        return MultiPolygon.Part(
            rings: part.rings.map { ring in
                let moved = ring.map { Point(x: $0.x + turn, y: $0.y) }
                return moved.first == moved.last ? moved : moved + moved.prefix(1)
            }
        )
    }

    private func column(_ file: Int32, _ name: String) throws(RasterError) -> Column? {
        var id: Int32 = 0
        guard nc_inq_varid(file, name, &id) == NC_NOERR else { return nil }
        var dimension: Int32 = 0
        var length = 0
        try check(nc_inq_vardimid(file, id, &dimension), .readFailed, "\(path):\(name)")
        try check(nc_inq_dimlen(file, dimension, &length), .readFailed, "\(path):\(name)")
        var column = Column(raw: [UInt16](repeating: 0, count: length), minimum: 0, scale: 1)
        try check(nc_get_var_ushort(file, id, &column.raw), .readFailed, "\(path):\(name)")
        try check(nc_get_att_double(file, id, "min", &column.minimum), .readFailed, "\(path):\(name)")
        try check(nc_get_att_double(file, id, "scale", &column.scale), .readFailed, "\(path):\(name)")
        return column
    }
}
