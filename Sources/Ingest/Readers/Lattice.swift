import Geo
import Raster

/// Positions in a source of places on a block of a target: exact at the corners of cells of 16 × 16 pixels, between them by
/// interpolation where that is off by less than a hundredth of a pixel, else exact too.
///
/// Cells begin at multiples of 16 pixels of the grid that the target's pixels make across its CRS, wherever the block lies
/// in it. So a pixel has one position, whatever block it is computed in.
final class Lattice {
    private static let step = 16
    /// The largest error of the interpolation that is let pass, in pixels of the source.
    private static let tolerance = 0.01
    private let source: Affine, toPixel: Affine
    private let target: GeoBox
    private let transform: TransformBox, back: TransformBox
    private let x: Axis, y: Axis
    /// At the corners of cells, row by row.
    private let corners: [Point]
    /// Of each cell, whether interpolation is too far off.
    private let isBent: [Bool]

    /// Nil where the source's grid has no area.
    ///
    /// - Parameters:
    ///   - source: The grid of the whole file.
    ///   - target: The block.
    ///   - transform: From the target's CRS to the source's.
    ///   - back: The other way.
    init?(from source: GeoBox, to target: GeoBox, transform: TransformBox, back: TransformBox) {
        guard let toPixel = source.affine.inverse else { return nil }
        (self.source, self.toPixel, self.target) = (source.affine, toPixel, target)
        (self.transform, self.back) = (transform, back)
        let isAligned = target.affine.isAxisAligned
        x = Axis(isAligned ? (target.affine.c, target.affine.a) : nil, length: target.width, step: Self.step)
        y = Axis(isAligned ? (target.affine.f, target.affine.e) : nil, length: target.height, step: Self.step)
        let (x, y) = (x, y)
        func carry(_ columns: [Double], _ rows: [Double]) -> [Point] {
            let places = rows.flatMap { row in columns.map { Self.ground(Point(x: $0, y: row), x, y, target) } }
            return transform.transform.apply(places).map { toPixel.apply(column: $0.x, row: $0.y) }
        }
        let corners = carry(x.stops(of: Self.step), y.stops(of: Self.step))
        let middles = carry(x.middles(of: Self.step), y.middles(of: Self.step))
        isBent = middles.enumerated().map { cell, middle in
            let first = cell / x.cells * (x.cells + 1) + cell % x.cells
            let four = [first, first + 1, first + x.cells + 1, first + x.cells + 2].map { corners[$0] }
            let mean = Point(x: four.reduce(0) { $0 + $1.x } / 4, y: four.reduce(0) { $0 + $1.y } / 4)
            // False too where a corner has no place in the source.
            return !(abs(mean.x - middle.x) < Self.tolerance && abs(mean.y - middle.y) < Self.tolerance)
        }
        self.corners = corners
    }

    /// Columns or rows of a block, and the cells that cover them.
    private struct Axis {
        /// Of a pixel in units of the CRS, negative where it runs the other way; nil for grids that lie askew.
        let size: Double?
        /// The block's first pixel in the grid that begins at the CRS's origin.
        let number: Int
        /// What the grid lies apart from that, in units of the CRS; rounded to far less than a millionth of a pixel, so that
        /// it is the same for all blocks.
        let offset: Double
        /// Where the first cell begins, in pixels of the block: 0 or less.
        let first: Int
        let cells: Int

        init(_ line: (origin: Double, size: Double)?, length: Int, step: Int) {
            let place = line.map { $0.origin / $0.size } ?? 0
            guard place.isFinite, abs(place) < 1e15 else {
                (size, number, offset, first, cells) = (nil, 0, 0, 0, (length + step - 1) / step)
                return
            }
            size = line?.size
            // The third keeps grids that lie apart by half a pixel, as those of Landsat do, off the edge of rounding.
            number = Int((place + 1 / 3).rounded(.down))
            let (origin, pixel) = line ?? (0, 1)
            let unit = Double(sign: .plus, exponent: pixel.exponent - 30, significand: 1)
            offset = ((origin - Double(number) * pixel) / unit).rounded() * unit
            first = -((number % step + step) % step)
            cells = (length - first + step - 1) / step
        }

        func stops(of step: Int) -> [Double] { (0...cells).map { Double(first + $0 * step) } }
        func middles(of step: Int) -> [Double] { (0..<cells).map { Double(first + $0 * step) + Double(step) / 2 } }

        /// In units of the CRS.
        func coordinate(_ place: Double) -> Double? { size.map { (Double(number) + place) * $0 + offset } }
    }

    private static func ground(_ place: Point, _ x: Axis, _ y: Axis, _ target: GeoBox) -> Point {
        guard let east = x.coordinate(place.x), let north = y.coordinate(place.y) else {
            return target.affine.apply(column: place.x, row: place.y)
        }
        return Point(x: east, y: north)
    }

    private func exact(_ places: [Point]) -> [Point] {
        transform.transform.apply(places.map { Self.ground($0, x, y, target) })
            .map { toPixel.apply(column: $0.x, row: $0.y) }
    }

    /// The position in the source of a place in the block, both in pixels from the corner; not finite where it has none.
    private func position(column: Double, row: Double) -> Point {
        let (across, down) = (
            (column - Double(x.first)) / Double(Self.step), (row - Double(y.first)) / Double(Self.step)
        )
        guard across >= 0, down >= 0, across <= Double(x.cells), down <= Double(y.cells) else {
            return exact([Point(x: column, y: row)])[0]
        }
        let (cellX, cellY) = (min(Int(across), x.cells - 1), min(Int(down), y.cells - 1))
        guard !isBent[cellY * x.cells + cellX] else { return exact([Point(x: column, y: row)])[0] }
        let (left, right) = sides(cellX, cellY, down - Double(cellY))
        return mix(left, right, across - Double(cellX))
    }

    /// The place in the block of a position in the source, exact.
    private func place(of position: Point) -> Point {
        let moved = back.transform.apply([source.apply(column: position.x, row: position.y)])
        guard let toTarget = target.affine.inverse else { return Point(x: .infinity, y: .infinity) }
        return toTarget.apply(column: moved[0].x, row: moved[0].y)
    }

    /// Around the block, in pixels of the source.
    private(set) lazy var outline: MultiPolygon = {
        let (width, height) = (Double(target.width), Double(target.height))
        let steps = [0, 0.25, 0.5, 0.75]
        let top = steps.map { Point(x: $0 * width, y: 0) }
        let right = steps.map { Point(x: width, y: $0 * height) }
        let bottom = steps.map { Point(x: (1 - $0) * width, y: height) }
        let left = steps.map { Point(x: 0, y: (1 - $0) * height) }
        return MultiPolygon(ring: exact(top + right + bottom + left))
    }()

    /// For a warp of a part of the source.
    func positions(in window: PixelWindow) -> WarpPositions {
        let (left, top) = (Double(window.column), Double(window.row))
        return WarpPositions { place in
            let position = self.position(column: place.x, row: place.y)
            return Point(x: position.x - left, y: position.y - top)
        } toTarget: { position in
            self.place(of: Point(x: position.x + left, y: position.y + top))
        }
    }

    /// Calls `body` with each pixel's number and the position of its centre in the source, in pixels from the corner.
    func forEach(_ body: (_ pixel: Int, _ column: Double, _ row: Double) -> Void) {
        let step = Self.step
        for row in 0..<target.height {
            let cellY = (row - y.first) / step
            let down = (Double(row - y.first - cellY * step) + 0.5) / Double(step)
            for cellX in 0..<x.cells {
                let start = x.first + cellX * step
                let columns = max(0, start)..<min(target.width, start + step)
                guard !isBent[cellY * x.cells + cellX] else {
                    let places = exact(columns.map { Point(x: Double($0) + 0.5, y: Double(row) + 0.5) })
                    for (column, place) in zip(columns, places) where place.x.isFinite && place.y.isFinite {
                        body(row * target.width + column, place.x, place.y)
                    }
                    continue
                }
                let (left, right) = sides(cellX, cellY, down)
                for column in columns {
                    let place = mix(left, right, (Double(column - start) + 0.5) / Double(step))
                    body(row * target.width + column, place.x, place.y)
                }
            }
        }
    }

    /// The left and the right side of a cell, some way down.
    private func sides(_ cellX: Int, _ cellY: Int, _ down: Double) -> (left: Point, right: Point) {
        let top = cellY * (x.cells + 1) + cellX
        let bottom = top + x.cells + 1
        return (mix(corners[top], corners[bottom], down), mix(corners[top + 1], corners[bottom + 1], down))
    }

    private func mix(_ a: Point, _ b: Point, _ t: Double) -> Point {
        Point(x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t)
    }
}
