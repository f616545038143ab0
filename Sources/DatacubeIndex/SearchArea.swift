import Documents
public import Geo

/// An area to search datasets in.
public struct SearchArea: Hashable, Sendable {
    /// WKT or GeoJSON.
    public let text: String
    /// The CRS of its coordinates, longitude before latitude.
    public let crs: CRS

    /// An area as WKT (`POLYGON ((…))`) or GeoJSON: a geometry, a feature, or a collection of features.
    public init(_ text: String, crs: CRS = .wgs84) {
        let text = text.trimmingBlanks
        (self.text, self.crs) = (Self.geometry(ofGeoJSON: text) ?? text, crs)
    }

    /// The geometry of features as PostGIS reads it, nil for anything else.
    private static func geometry(ofGeoJSON text: String) -> String? {
        guard text.hasPrefix("{"), let value = try? JSONText.parse(text, origin: "geometry") else { return nil }
        switch value["type"] {
        case "Feature": return value["geometry"].map { JSONText.write($0) }
        case "FeatureCollection":
            let parts = (value["features"]?.array ?? []).compactMap { $0.at("geometry") }
            guard parts.count != 1 else { return JSONText.write(parts[0]) }
            return JSONText.write(["type": "GeometryCollection", "geometries": .array(parts)])
        default: return nil
        }
    }

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
