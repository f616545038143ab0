extension MultiPolygon {
    /// Which pixels of a grid along the axes have their centre inside (even-odd rule), row-major.
    ///
    /// The polygon is in the grid's CRS. As `gdal_rasterize` does it; centres on an edge may fall on either side.
    public func covers(_ geoBox: GeoBox) -> [Bool] {
        var inside = [Bool](repeating: false, count: geoBox.pixelCount)
        let (affine, height) = (geoBox.affine, geoBox.height)
        guard affine.isAxisAligned, affine.a != 0, affine.e != 0 else { return inside }
        var crossings = [[Double]](repeating: [], count: height)
        for ring in parts.lazy.flatMap(\.rings) where ring.count > 2 {
            var previous = ring[ring.count - 1]
            for current in ring {
                defer { previous = current }
                // In rows from the top: a centre lies at a half.
                let (from, to) = ((previous.y - affine.f) / affine.e, (current.y - affine.f) / affine.e)
                guard from.isFinite, to.isFinite, from != to else { continue }
                let first = max(0, (min(from, to) - 0.5).rounded(.up))
                let last = min(Double(height), (max(from, to) - 0.5).rounded(.up))
                guard first < last else { continue }
                for row in Int(first)..<Int(last) {
                    let t = (Double(row) + 0.5 - from) / (to - from)
                    let x = previous.x + (current.x - previous.x) * t
                    crossings[row].append((x - affine.c) / affine.a)
                }
            }
        }
        for (row, columns) in crossings.enumerated() where !columns.isEmpty {
            let sorted = columns.sorted()
            for pair in stride(from: 0, to: sorted.count - 1, by: 2) {
                let first = max(0, (sorted[pair] - 0.5).rounded(.up))
                let last = min(Double(geoBox.width), (sorted[pair + 1] - 0.5).rounded(.up))
                guard first < last else { continue }
                for column in Int(first)..<Int(last) { inside[row * geoBox.width + column] = true }
            }
        }
        return inside
    }
}
