import Geo
import Raster

/// Positions in the source, exact at every 16th pixel of a block and linear between.
struct Lattice {
    private static let step = 16
    /// The largest error of the interpolation that is let pass, in pixels of the source.
    private static let tolerance = 0.01
    private let columns: [Int], rows: [Int]
    private let points: [Point]
    private let exact: [Point]?
    private let width: Int, height: Int

    /// - `toPixel`: From the source's CRS to its pixels.
    /// - `transform`: From the target's CRS to the source's.
    init(source toPixel: Affine, target: GeoBox, transform: borrowing CoordinateTransform) {
        let (xs, ys) = (Self.stops(target.width), Self.stops(target.height))
        let places = ys.flatMap { row in xs.map { Point(x: Double($0) + 0.5, y: Double(row) + 0.5) } }
        let points = Self.carry(places, target, transform, toPixel)
        let isStraight = Self.isStraight(points, xs, ys) { Self.carry($0, target, transform, toPixel) }
        (width, height, columns, rows, self.points) = (target.width, target.height, xs, ys, points)
        guard !isStraight else {
            exact = nil
            return
        }
        let all = (0..<target.pixelCount).map { pixel in
            Point(x: Double(pixel % target.width) + 0.5, y: Double(pixel / target.width) + 0.5)
        }
        exact = Self.carry(all, target, transform, toPixel)
    }

    private static func carry(
        _ places: [Point],
        _ target: GeoBox,
        _ transform: borrowing CoordinateTransform,
        _ toPixel: Affine
    ) -> [Point] {
        transform.apply(places.map { target.affine.apply(column: $0.x, row: $0.y) })
            .map { toPixel.apply(column: $0.x, row: $0.y) }
    }

    /// True where the middle of every lattice cell is where its corners say.
    private static func isStraight(_ points: [Point], _ xs: [Int], _ ys: [Int], _ carry: ([Point]) -> [Point]) -> Bool {
        guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return false }
        guard xs.count > 1, ys.count > 1 else { return true }
        let places = middles(ys).flatMap { row in middles(xs).map { Point(x: $0 + 0.5, y: row + 0.5) } }
        return carry(places).enumerated().allSatisfy { index, middle in
            let first = index / (xs.count - 1) * xs.count + index % (xs.count - 1)
            let corners = [first, first + 1, first + xs.count, first + xs.count + 1].map { points[$0] }
            let mean = Point(x: corners.reduce(0) { $0 + $1.x } / 4, y: corners.reduce(0) { $0 + $1.y } / 4)
            return abs(mean.x - middle.x) < tolerance && abs(mean.y - middle.y) < tolerance
        }
    }

    /// Calls `body` with each pixel's number and its position in the source, in pixels from the corner.
    func forEach(_ body: (_ pixel: Int, _ column: Double, _ row: Double) -> Void) {
        if let exact {
            for (pixel, point) in exact.enumerated() where point.x.isFinite && point.y.isFinite {
                body(pixel, point.x, point.y)
            }
            return
        }
        var cellRow = 0
        for row in 0..<height {
            while cellRow + 2 < rows.count, row >= rows[cellRow + 1] { cellRow += 1 }
            let below = min(cellRow + 1, rows.count - 1)
            let t = below == cellRow ? 0 : Double(row - rows[cellRow]) / Double(rows[below] - rows[cellRow])
            for cell in 0..<max(1, columns.count - 1) {
                let next = min(cell + 1, columns.count - 1)
                let left = mix(points[cellRow * columns.count + cell], points[below * columns.count + cell], t)
                let right = mix(points[cellRow * columns.count + next], points[below * columns.count + next], t)
                let (from, to) = (columns[cell], next == columns.count - 1 ? width : columns[next])
                let length = Double(max(1, columns[next] - columns[cell]))
                for column in from..<max(to, from) {
                    let place = mix(left, right, Double(column - from) / length)
                    body(row * width + column, place.x, place.y)
                }
            }
        }
    }

    private func mix(_ a: Point, _ b: Point, _ t: Double) -> Point {
        Point(x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t)
    }

    /// Every 16th pixel and the last one.
    private static func stops(_ size: Int) -> [Int] {
        let stops = Array(stride(from: 0, to: size, by: step))
        return stops.last == size - 1 ? stops : stops + [size - 1]
    }

    private static func middles(_ stops: [Int]) -> [Double] {
        zip(stops, stops.dropFirst()).map { Double($0 + $1) / 2 }
    }
}
