import Documents
public import Geo

extension Dataset {
    /// The CRS of the document, nil where it has none.
    public var crs: CRS? {
        let projection = document.at("grid_spatial", "projection")
        let text = document.at("crs")?.string ?? projection?["spatial_reference"]?.string
        if let text { return CRS(text.trimmingBlanks) }
        guard let zone = projection?["zone"]?.integer, (1...60).contains(abs(zone)) else { return nil }
        switch projection?["datum"]?.string {
        case "GDA94": return CRS("EPSG:\(28300 + abs(zone))")
        case "WGS84": return CRS("EPSG:\((zone < 0 ? 32700 : 32600) + abs(zone))")
        default: return nil
        }
    }

    /// The pixel grid of a measurement, nil where the document does not tell (the older layout never does).
    public func geoBox(of measurement: String) -> GeoBox? {
        guard let crs else { return nil }
        let name = document.at("measurements", measurement, "grid")?.string ?? "default"
        guard let entry = document.at("grids", name), let grid = try? EO3Grid(entry) else { return nil }
        return GeoBox(crs: crs, affine: grid.affine, width: grid.width, height: grid.height)
    }

    /// Where the dataset has data, in its own CRS: its geometry, else the rectangle of its grid or corners.
    public var footprint: MultiPolygon? {
        let projection = document.at("grid_spatial", "projection")
        if let geometry = document.at("geometry") ?? projection?.at("valid_data"),
            let polygon = MultiPolygon(geoJSON: geometry)
        {
            return polygon
        }
        if let box = geoBox(of: "") { return MultiPolygon(ring: box.corners + [box.corners[0]]) }
        guard let points = projection?["geo_ref_points"] else { return nil }
        let ring = ["ul", "ur", "lr", "ll", "ul"].compactMap { corner -> Point? in
            guard let x = points[corner]?["x"]?.double, let y = points[corner]?["y"]?.double else { return nil }
            return Point(x: x, y: y)
        }
        return ring.count == 5 ? MultiPolygon(ring: ring) : nil
    }

    /// Longitudes and latitudes of the dataset in degrees, from `extent`; nil where the document does not tell.
    ///
    /// Longitudes may pass 180 where the dataset crosses the date line.
    public var lonLatBounds: BoundingBox? {
        guard let extent = document["extent"] else { return nil }
        if let left = extent.at("lon", "begin")?.double, let right = extent.at("lon", "end")?.double,
            let bottom = extent.at("lat", "begin")?.double, let top = extent.at("lat", "end")?.double
        {
            return BoundingBox(left: left, bottom: bottom, right: right, top: top)
        }
        let corners = ["ul", "ur", "lr", "ll"].compactMap { corner -> Point? in
            guard let lon = extent.at("coord", corner, "lon")?.double,
                let lat = extent.at("coord", corner, "lat")?.double
            else { return nil }
            return Point(x: lon, y: lat)
        }
        return BoundingBox(around: corners)
    }
}

extension MultiPolygon {
    /// A GeoJSON Polygon or MultiPolygon; nil for anything else.
    init?(geoJSON: DocumentValue) {
        guard let coordinates = geoJSON["coordinates"]?.array else { return nil }
        let polygons: [[DocumentValue]]
        switch geoJSON["type"]?.string?.lowercased() {
        case "polygon": polygons = [coordinates]
        case "multipolygon": polygons = coordinates.compactMap(\.array)
        default: return nil
        }
        let parts = polygons.map { polygon in
            Part(
                rings: polygon.map { ring in
                    (ring.array ?? []).compactMap { position in
                        guard let numbers = position.array?.compactMap(\.double), numbers.count >= 2 else { return nil }
                        return Point(x: numbers[0], y: numbers[1])
                    }
                }.filter { $0.count >= 3 }
            )
        }.filter { !$0.rings.isEmpty }
        guard !parts.isEmpty else { return nil }
        self.init(parts: parts)
    }
}
