public import Documents
import Foundation
import Geo

/// A folder with mosaics of elevation, slope and aspect, as antares3's users prepare them from CGIAR's tiles.
public struct SRTMMosaic: SceneReader {
    public let name = "srtm_cgiar"
    public let product = "srtm_cgiar_mosaic"
    public let layout = "a folder with srtm_mosaic.tif, slope_mosaic.tif and aspect_mosaic.tif"

    public init() {}

    private static let files = [
        ("elevation", "srtm_mosaic.tif"), ("slope", "slope_mosaic.tif"), ("aspect", "aspect_mosaic.tif"),
    ]

    public func detect(_ folder: String) -> Bool {
        let folder = SceneFolder(folder)
        return Self.files.contains { folder.has($0.1) }
    }

    public func prepare(_ path: String, identity: SceneIdentity) throws -> DocumentValue {
        let path = absolutePath(path)
        var grid: GeoBox?
        let measurements = try Self.files.map { name, fileName in
            let file = try BandFile(checking: "\(path)/\(fileName)")
            guard let own = file.geoBox else {
                throw SceneError(file.path, "has no georeferencing", hint: "Make it again from georeferenced tiles.")
            }
            let first = grid ?? own
            guard own == first else {
                try file.require(width: first.width, height: first.height, source: "srtm_mosaic.tif")
                throw SceneError(
                    file.path,
                    "lies on another grid than srtm_mosaic.tif",
                    hint: "Make it from that file."
                )
            }
            grid = first
            return EO3Dataset.Measurement(name: name, path: file.path)
        }
        guard let grid, let begin = Timestamp.parse("2000-02-11"), let end = Timestamp.parse("2000-02-22") else {
            preconditionFailure("three files were read, and the days of the mission are days")
        }
        let mission = TimeRange(begin: begin, end: end)
        // The mosaic has no name of its own: its place and size stand for it.
        let corner = "\(grid.affine.c)_\(grid.affine.f)_\(grid.width)x\(grid.height)"
        var properties = DocumentObject()
        properties["eo:platform"] = "Space Shuttle Endeavour"
        properties["eo:instrument"] = "SIR"
        properties["odc:product_family"] = "dem"
        return EO3Dataset(
            id: identity.datasetID(product: product, identifier: corner, path: path),
            product: product,
            label: "srtm_mosaic_\(corner)",
            crs: grid.crs,
            grids: [("default", grid)],
            measurements: measurements,
            time: mission.center,
            timeRange: mission,
            processed: end,
            properties: properties,
            fileFormat: "GeoTIFF"
        ).document
    }
}
