import Foundation
public import Geo
import Raster

/// Polygons written as tiles of GeoTIFF, as antares3's mask tools do it.
public struct RasterTiles: Sendable {
    /// A polygon in longitude and latitude, and what its pixels hold.
    public struct Shape: Sendable {
        public let polygon: MultiPolygon
        public let value: Int

        public init(polygon: MultiPolygon, value: Int) { (self.polygon, self.value) = (polygon, value) }
    }

    /// How the tiles lie.
    public enum Layout: Sendable {
        /// Squares of `pixels` from the upper left corner of the extent; those at the right and the bottom are smaller.
        case extent(BoundingBox, crs: CRS, resolution: Double, pixels: Int)
        /// The cells of a product's grid that meet the extent, which is in longitude and latitude.
        case product(GridSpec, BoundingBox)
    }

    /// A tile that was written.
    public struct Tile: Sendable, Encodable {
        public let path: String
        public let width: Int, height: Int
        /// Pixels that a polygon covers.
        public let covered: Int
    }

    public let shapes: [Shape]
    /// What pixels outside hold.
    public let background: Int
    public let layout: Layout
    public let folder: String
    /// Before the number in the files' names.
    public let prefix: String

    public init(shapes: [Shape], background: Int = 0, layout: Layout, folder: String, prefix: String) {
        (self.shapes, self.background, self.layout) = (shapes, background, layout)
        (self.folder, self.prefix) = (folder, prefix)
    }

    /// Writes all tiles, numbered row by row from the upper left.
    ///
    /// - Throws: `WorkflowError` for values beyond 65535, `RasterError` where a file cannot be written.
    public func write(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> [Tile] {
        let grids = try grids()
        let values = shapes.map(\.value) + [background]
        guard let least = values.min(), let most = values.max(), least >= 0, most <= 65_535 else {
            throw WorkflowError(
                .noInput,
                "the values of '\(prefix)' run from \(values.min() ?? 0) to \(values.max() ?? 0), tiles hold 0 to 65535",
                hint: "Choose another field, or none to write 1."
            )
        }
        guard let crs = grids.first?.crs else { return [] }
        let moved = try Self.carried(shapes, to: crs)
        var tiles: [Tile] = []
        for (index, grid) in grids.enumerated() {
            try Task.checkCancellation()
            let path = "\(folder)/\(prefix)_\(index).tif"
            tiles.append(
                try most <= 255
                    ? tile(UInt8.self, grid, moved, path) : tile(UInt16.self, grid, moved, path)
            )
            progress(index + 1, grids.count)
        }
        return tiles
    }

    private func tile<Element: PixelElement>(
        _ type: Element.Type,
        _ grid: GeoBox,
        _ moved: [(polygon: MultiPolygon, value: Int)],
        _ path: String
    ) throws -> Tile {
        let box = grid.bounds
        let near = moved.filter { $0.polygon.bounds?.intersects(box) == true }
            .map { (polygon: $0.polygon, value: Element(nearest: Double($0.value))) }
        let outside = Element(nearest: Double(background))
        let pixels = try rasterize(near, background: outside, onto: grid)
        try RasterOutput.write(bands: [pixels], on: grid, to: path, format: .geoTIFF)
        return Tile(path: path, width: grid.width, height: grid.height, covered: pixels.count { $0 != outside })
    }

    private func grids() throws -> [GeoBox] {
        switch layout {
        case .product(let grid, let extent):
            let transform = try CoordinateTransform(from: .wgs84, to: grid.crs)
            guard let box = transform.apply(extent) else { return [] }
            let polygons = try Self.carried(shapes, to: grid.crs).map(\.polygon)
            // From the top down, as the others are numbered.
            let cells = grid.tiles(covering: box).sorted { (-$0.y, $0.x) < (-$1.y, $1.x) }
            return cells.filter { cell in polygons.contains { $0.intersects(grid.bounds(of: cell)) } }
                .map(grid.geoBox(of:))
        case .extent(let box, let crs, let resolution, let pixels):
            let columns = max(1, Self.count(box.width / resolution))
            let rows = max(1, Self.count(box.height / resolution))
            return stride(from: 0, to: rows, by: pixels).flatMap { row in
                stride(from: 0, to: columns, by: pixels).map { column in
                    let corner = Point(
                        x: box.left + Double(column) * resolution,
                        y: box.top - Double(row) * resolution
                    )
                    let affine = Affine(origin: corner, resolution: XY(x: resolution, y: -resolution))
                    let (width, height) = (min(pixels, columns - column), min(pixels, rows - row))
                    return GeoBox(crs: crs, affine: affine, width: width, height: height)
                }
            }
        }
    }

    /// How many whole pixels hold so many; what is too much by rounding does not count.
    private static func count(_ pixels: Double) -> Int { Int((pixels - 1e-6).rounded(.up)) }

    /// The shapes in another CRS, long edges cut into pieces so that they bend with it.
    private static func carried(_ shapes: [Shape], to crs: CRS) throws -> [(polygon: MultiPolygon, value: Int)] {
        let isSame = try CRSDescription.areSame(.wgs84, crs)
        let transform = try CoordinateTransform(from: .wgs84, to: crs)
        return shapes.map { shape in
            guard !isSame else { return (shape.polygon, shape.value) }
            let parts = shape.polygon.parts.map { part in
                MultiPolygon.Part(
                    rings: part.rings.map { ring in
                        transform.apply(densified(ring)).filter { $0.x.isFinite && $0.y.isFinite }
                    }.filter { $0.count > 2 }
                )
            }
            return (MultiPolygon(parts: parts.filter { !$0.rings.isEmpty }), shape.value)
        }
    }

    /// No edge longer than a tenth of a degree.
    private static func densified(_ ring: [Point]) -> [Point] {
        guard var last = ring.first else { return [] }
        var result = [last]
        for point in ring.dropFirst() {
            let length = max(abs(point.x - last.x), abs(point.y - last.y))
            let pieces = min(max(1, Int((length / 0.1).rounded(.up))), 10_000)
            for step in 1...pieces {
                let t = Double(step) / Double(pieces)
                result.append(Point(x: last.x + (point.x - last.x) * t, y: last.y + (point.y - last.y) * t))
            }
            last = point
        }
        return result
    }

    /// The extent of all polygons in longitude and latitude, nil where there are none.
    public static func extent(of shapes: [Shape]) -> BoundingBox? {
        shapes.compactMap(\.polygon.bounds).reduce(nil as BoundingBox?) { $0?.union($1) ?? $1 }
    }

    /// A box in longitude and latitude carried over to a CRS.
    public static func extent(_ box: BoundingBox, in crs: CRS) throws -> BoundingBox {
        guard let moved = try CoordinateTransform(from: .wgs84, to: crs).apply(box) else {
            throw WorkflowError(.noInput, "the area cannot be carried to \(crs)", hint: "Choose another CRS.")
        }
        return moved
    }

    /// The polygons of every layer of a vector file with the numbers of a field, or with 1.
    ///
    /// - Throws: `WorkflowError` that names the fields where there is none of that name, or a value that is no number.
    public static func shapes(of path: String, field: String?) throws -> [Shape] {
        let file = try VectorFile(opening: path)
        var shapes: [Shape] = []
        for layer in file.layerNames {
            let fields = file.fieldNames(layer: layer)
            if let field, !fields.contains(field) {
                let known = fields.joined(separator: ", ")
                throw WorkflowError(.noInput, "'\(path)' has no field '\(field)'", hint: "There are: \(known).")
            }
            for feature in try file.features(layer: layer) where !feature.polygon.parts.isEmpty {
                guard let field else {
                    shapes.append(Shape(polygon: feature.polygon, value: 1))
                    continue
                }
                let text = feature.fields[field] ?? ""
                guard let number = Double(text), number == number.rounded(), abs(number) < 1e9 else {
                    throw WorkflowError(
                        .noInput,
                        "'\(path)' has '\(text)' in the field '\(field)' where a whole number is needed",
                        hint: "Choose a field of codes."
                    )
                }
                shapes.append(Shape(polygon: feature.polygon, value: Int(number)))
            }
        }
        guard !shapes.isEmpty else {
            throw WorkflowError(.noInput, "'\(path)' holds no polygons", hint: "Points and lines cover no pixels.")
        }
        return shapes
    }
}
