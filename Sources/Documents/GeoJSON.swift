public import Geo

extension MultiPolygon {
    /// As GeoJSON, rings closed.
    public var geoJSON: DocumentValue {
        let polygons = parts.map { part -> DocumentValue in
            .array(
                part.rings.map { ring in
                    let closed = ring.first == ring.last ? ring : ring + ring.prefix(1)
                    return .array(closed.map { .array([.double($0.x), .double($0.y)]) })
                }
            )
        }
        if polygons.count == 1 { return ["type": "Polygon", "coordinates": polygons[0]] }
        return ["type": "MultiPolygon", "coordinates": .array(polygons)]
    }
}
