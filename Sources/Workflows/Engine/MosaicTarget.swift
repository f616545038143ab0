import DatacubeIndex
import Geo
import Ingest
import Raster

/// One file that a run makes instead of tiles of a product.
public struct MosaicTarget: Sendable {
    /// Where it goes: a GeoTIFF.
    public var path: String
    public var compression: MosaicCompression

    public init(path: String, compression: MosaicCompression = .deflate) {
        (self.path, self.compression) = (path, compression)
    }

    var storage: TileStorage { .mosaic(path: path, compression: compression.codec) }
}

/// How the blocks of a mosaic are compressed.
public enum MosaicCompression: String, Sendable, CaseIterable {
    case deflate, zstd, none

    var codec: BlockCompression {
        switch self {
        case .deflate: .deflate(level: 6)
        case .zstd: .zstd(level: 9)
        case .none: BlockCompression.none
        }
    }
}

/// All variables of a tile as bands of one cloud-optimised GeoTIFF.
final class MosaicSink: TileSink {
    private let writer: CloudOptimisedTIFF
    private let bands: [String]

    /// - Throws: `WorkflowError` where the variables are of different types.
    init(_ tile: NetCDFTile, compression: BlockCompression, path: String) throws {
        guard let first = tile.variables.first else {
            throw WorkflowError(.badRequest, "'\(path)' would have no band")
        }
        if let other = tile.variables.first(where: { $0.type != first.type || !Self.same($0.nodata, first.nodata) }) {
            throw WorkflowError(
                .badRequest,
                "'\(path)' cannot hold bands of different types: \(first.name) is \(first.type.rawValue) with nodata "
                    + "\(first.nodata), \(other.name) is \(other.type.rawValue) with nodata \(other.nodata)",
                hint: "Write them to files of their own."
            )
        }
        bands = tile.variables.map(\.name)
        writer = try CloudOptimisedTIFF(
            path,
            CloudOptimisedTIFF.Layout(
                geoBox: tile.geoBox,
                type: first.type,
                bands: tile.variables.map(\.band),
                nodata: first.nodata,
                compression: compression,
                overviews: tile.variables.contains(where: \.isCategorical) ? .nearest : .average,
                metadata: tile.attributes.map { ($0.name, $0.value.text) } + [("units", first.units)]
                    + tile.documents.map { (name: "dataset", value: $0) }
            )
        )
    }

    private static func same(_ a: Double, _ b: Double) -> Bool { a == b || a.isNaN && b.isNaN }

    func merge<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) -> [WriteJob] {
        guard let band = bands.firstIndex(of: variable) else {
            preconditionFailure("no variable '\(variable)' was defined")
        }
        return writer.merge(pixels, band: band + 1, window: window)
    }

    func complete(above row: Int) -> [WriteJob] { writer.complete(above: row) }

    func finish() throws { try writer.finish() }

    func abandon() { writer.abandon() }
}
