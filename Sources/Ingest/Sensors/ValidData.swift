import Geo
import Raster

/// Where a raster holds data.
enum ValidData {
    /// At most so many columns and rows are looked at.
    private static let finest = 512

    /// The convex hull of a band's valid pixels in the raster's CRS, clockwise; nil where all or none are valid.
    ///
    /// Large rasters are looked at with fewer pixels; the hull is then wider by one of these, so that it holds all
    /// that is valid.
    /// - `isValid`: Nil for what differs from the declared nodata and is a number.
    static func hull(
        of path: String,
        band: Int = 1,
        nodata: Double? = nil,
        isValid: ((Double) -> Bool)? = nil
    ) throws -> [Point]? {
        let pixels: [Double]
        let (box, width, height): (GeoBox, Int, Int)
        let missing: Double?
        do {
            let file = try RasterFile(opening: path)
            guard let own = file.geoBox else { return nil }
            (box, width, height) = (own, min(file.width, finest), min(file.height, finest))
            missing = nodata ?? file.nodata(band: band)
            if missing == nil, isValid == nil { return nil }
            let whole = PixelWindow(column: 0, row: 0, width: file.width, height: file.height)
            pixels = try file.read(Double.self, band: band, window: whole, width: width, height: height)
        } catch {
            throw SceneError(
                path,
                "cannot be read (\(error.messages.joined(separator: "; ")))",
                hint: "The download may have been cut off: fetch the file again."
            )
        }
        let step = XY(x: Double(box.width) / Double(width), y: Double(box.height) / Double(height))
        // Where every pixel was seen, nothing is added.
        let margin = XY(x: step.x > 1 ? 1.0 : 0, y: step.y > 1 ? 1.0 : 0)
        var corners: [Point] = []
        var hasGap = false
        for row in 0..<height {
            var (first, last): (Int?, Int?) = (nil, nil)
            for column in 0..<width {
                let value = pixels[row * width + column]
                guard isValid?(value) ?? (value == value && value != missing) else {
                    hasGap = true
                    continue
                }
                first = first ?? column
                last = column
            }
            guard let first, let last else { continue }
            let (left, right) = (Double(first) - margin.x, Double(last + 1) + margin.x)
            for y in [Double(row) - margin.y, Double(row + 1) + margin.y] {
                let inside = min(max(y, 0), Double(height)) * step.y
                for x in [left, right] {
                    corners.append(Point(x: min(max(x, 0), Double(width)) * step.x, y: inside))
                }
            }
        }
        guard hasGap, !corners.isEmpty else { return nil }
        return convexHull(corners).map { box.affine.apply(column: $0.x, row: $0.y) }
    }

    /// Andrew's monotone chain; points on an edge are left out.
    static func convexHull(_ points: [Point]) -> [Point] {
        let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        guard sorted.count > 2 else { return sorted }
        func half(_ points: some Sequence<Point>) -> [Point] {
            var chain: [Point] = []
            for point in points {
                while chain.count > 1 {
                    let (a, b) = (chain[chain.count - 2], chain[chain.count - 1])
                    let turn = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
                    if turn > 0 { break }
                    chain.removeLast()
                }
                chain.append(point)
            }
            return chain
        }
        return half(sorted).dropLast() + half(sorted.reversed()).dropLast()
    }
}
