import Documents
import Geo

extension GridOptions {
    /// Reads a recipe's `grid`; the sign of a resolution says nothing.
    init(_ reader: DocumentReader) throws(DocumentError) {
        self.init()
        try reader.allowOnly(["crs", "resolution", "tile_size", "origin", "like"])
        if let text = reader.optional("crs") { crs = CRS(try text.string()) }
        if let size = reader.optional("resolution") {
            let pair = try Self.sizes(size)
            resolution = XY(x: pair.x, y: -pair.y)
        }
        tileSize = try Self.optionalSizes(reader.optional("tile_size"))
        if let corner = reader.optional("origin") {
            try corner.allowOnly(["x", "y"])
            origin = Point(x: try corner.required("x").double(), y: try corner.required("y").double())
        }
        like = try reader.optional("like")?.string()
    }

    private static func optionalSizes(_ reader: DocumentReader?) throws(DocumentError) -> XY<Double>? {
        guard let reader else { return nil }
        return try sizes(reader)
    }

    /// A number, or `{x: …, y: …}`; both positive.
    private static func sizes(_ reader: DocumentReader) throws(DocumentError) -> XY<Double> {
        let pair: XY<Double>
        if let number = reader.value.double {
            pair = XY(x: number, y: number)
        } else {
            try reader.allowOnly(["x", "y"])
            pair = XY(x: try reader.required("x").double(), y: abs(try reader.required("y").double()))
        }
        guard pair.x > 0, pair.y > 0, pair.x.isFinite, pair.y.isFinite else {
            throw reader.failure("must be positive: a number, or one each for x and y")
        }
        return pair
    }
}
