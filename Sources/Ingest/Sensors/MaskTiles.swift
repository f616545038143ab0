import Documents
import Foundation
import Geo

/// Masks and zones as tiles: one file a tile, each a dataset of its own.
struct MaskTiles {
    let product: String
    let measurement: String
    /// Platform and instrument, as antares3 names them.
    let source: String
    let family: String
    /// First and last day for which it counts.
    let period: (begin: String, end: String)
    let center: String

    func document(_ path: String, _ options: SceneOptions) throws -> DocumentValue {
        let path = absolutePath(path)
        guard let begin = Timestamp.parse(period.begin), let end = Timestamp.parse(period.end) else {
            preconditionFailure("days are days")
        }
        let grid = try BandFile(checking: path, .none).grid()
        // A tile is known by its place: numbers of tiles repeat from country to country.
        let place = "\(grid.affine.c)_\(grid.affine.f)_\(grid.width)x\(grid.height)"
        var scene = FileScene(
            product: options.product ?? product,
            identifier: "\(stem(lastPart(path)))_\(place)",
            path: path,
            bands: [.init(measurement, path)],
            time: options.time ?? TimeRange(begin: begin, end: end)
        )
        scene.center = options.time == nil ? Timestamp.parse(center) : nil
        scene.properties["eo:platform"] = .string(source)
        scene.properties["eo:instrument"] = .string(source)
        scene.properties["odc:product_family"] = .string(family)
        return try scene.document(options)
    }
}
