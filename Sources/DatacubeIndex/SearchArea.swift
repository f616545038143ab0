public import Geo

/// An area to search datasets in.
public struct SearchArea: Hashable, Sendable {
    /// WKT or GeoJSON.
    public let text: String
    /// The CRS of its coordinates, longitude before latitude.
    public let crs: CRS

    /// An area as WKT (`POLYGON ((…))`) or a GeoJSON geometry.
    public init(_ text: String, crs: CRS = .wgs84) { (self.text, self.crs) = (text.trimmingBlanks, crs) }

    public init(_ box: BoundingBox, crs: CRS = .wgs84) { self.init(MultiPolygon(box), crs: crs) }

    public init(_ polygon: MultiPolygon, crs: CRS = .wgs84) {
        let parts = polygon.parts.map { part in
            let rings = part.rings.filter { $0.count > 2 }.map { ring in
                let closed = ring.first == ring.last ? ring : ring + ring.prefix(1)
                return "(" + closed.map { "\($0.x) \($0.y)" }.joined(separator: ", ") + ")"
            }
            return "(" + rings.joined(separator: ", ") + ")"
        }
        self.init("MULTIPOLYGON (\(parts.joined(separator: ", ")))", crs: crs)
    }
}
