public import Documents
import Foundation
import Geo

/// Sentinel-2 Level-2A at 10 m, with the scene classification of 20 m on a grid of its own.
///
/// Besides SAFE folders it reads flat folders of `granule_metadata.xml` and one file a band (`B02.tif` …), whose pixels
/// may be of any size: the grid then follows from the tile's corner in the metadata and the file's pixel count.
public struct Sentinel2L2A10m: SceneReader {
    public let name = "s2_l2a_10m"
    public let product = "s2_l2a_10m_granule"
    public let layout =
        "a SAFE folder with IMG_DATA/R10m and R20m, or a folder of granule_metadata.xml, B02, B03, B04, B08 and SCL"

    public init() {}

    static let bands = [("blue", "B02"), ("green", "B03"), ("red", "B04"), ("nir", "B08"), ("pixel_qa", "SCL")]

    public func detect(_ folder: String) -> Bool { Sentinel2Scene.detect(folder) }

    public func prepare(_ path: String, identity: SceneIdentity) throws -> DocumentValue {
        let scene = try Sentinel2Scene(path)
        let isFlat = scene.tileXML.path.hasSuffix("granule_metadata.xml")
        var grids: [(name: String, geoBox: GeoBox)] = []
        var bands: [Sentinel2Band] = []
        for (name, code) in Self.bands {
            let resolution = code == "SCL" ? 20 : 10
            let file: BandFile
            let grid: GeoBox
            if isFlat {
                file = try scene.flatFile(code)
                grid = try scene.fittedGrid(of: file)
            } else {
                file = try scene.bandFile(code, resolution: resolution)
                grid = try scene.grid(resolution: resolution)
                try file.require(width: grid.width, height: grid.height, source: "the metadata at \(resolution) m")
            }
            if let known = grids.first(where: { $0.geoBox == grid }) {
                bands.append(Sentinel2Band(name: name, code: code, file: file, grid: Self.named(known.name)))
            } else {
                let gridName = grids.isEmpty ? "default" : "g\(Int(abs(grid.resolution.x).rounded()))m"
                grids.append((gridName, grid))
                bands.append(Sentinel2Band(name: name, code: code, file: file, grid: Self.named(gridName)))
            }
        }
        return try scene.dataset(
            product: product,
            path: path,
            identity: identity,
            gsd: Int(abs(grids[0].geoBox.resolution.x).rounded()),
            grids: grids,
            bands: bands
        ).document
    }

    private static func named(_ grid: String) -> String? { grid == "default" ? nil : grid }
}

extension Sentinel2Scene {
    /// The checked file of a band that lies beside the metadata.
    func flatFile(_ band: String) throws -> BandFile {
        let names = SceneFolder(granule).names().filter { name in
            let stem = name.split(separator: ".").first.map(String.init) ?? name
            return stem == band && [".jp2", ".tif", ".tiff"].contains { name.lowercased().hasSuffix($0) }
        }
        guard let name = names.first else {
            throw SceneError("\(granule)/\(band).tif", "is missing", hint: "Fetch the scene again, with all its bands.")
        }
        return try BandFile(checking: "\(granule)/\(name)")
    }

    /// The tile's area from the metadata, divided into as many pixels as the file has.
    func fittedGrid(of file: BandFile) throws -> GeoBox {
        let full = try grid(resolution: 10)
        let pixel = XY(
            x: full.resolution.x * Double(full.width) / Double(file.width),
            y: full.resolution.y * Double(full.height) / Double(file.height)
        )
        let origin = Point(x: full.affine.c, y: full.affine.f)
        return GeoBox(
            crs: full.crs,
            affine: Affine(origin: origin, resolution: pixel),
            width: file.width,
            height: file.height
        )
    }
}
