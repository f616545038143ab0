public import Documents
import Foundation
import Geo

/// Sentinel-2 Level-2A at 20 m, the bands of antares3's `s2_l2a_20m`.
public struct Sentinel2L2A20m: SceneReader {
    public let name = "s2_l2a_20m"
    public let product = "s2_l2a_20m_granule"
    public let layout = "a SAFE folder (or a folder of its GRANULE) with IMG_DATA/R20m/*_<band>_20m.jp2 or .tif"

    public init() {}

    /// The product's measurements and the sensor's bands.
    static let bands = [
        ("blue", "B02"), ("green", "B03"), ("red", "B04"), ("re1", "B05"), ("re2", "B06"), ("re3", "B07"),
        ("nir", "B8A"), ("swir1", "B11"), ("swir2", "B12"), ("pixel_qa", "SCL"),
    ]

    public func detect(_ folder: String) -> Bool { Sentinel2Scene.detect(folder) }

    public func prepare(_ path: String, identity: SceneIdentity) throws -> DocumentValue {
        let scene = try Sentinel2Scene(path)
        let grid = try scene.grid(resolution: 20)
        let bands = try Self.bands.map { name, band in
            let file = try scene.bandFile(band, resolution: 20)
            try file.require(width: grid.width, height: grid.height, source: "the metadata at 20 m")
            return Sentinel2Band(name: name, code: band, file: file, grid: nil)
        }
        return try scene.dataset(
            product: product,
            path: path,
            identity: identity,
            gsd: 20,
            grids: [("default", grid)],
            bands: bands
        ).document
    }
}

/// A band on the way into a document.
struct Sentinel2Band {
    let name: String
    /// `B02`.
    let code: String
    let file: BandFile
    /// The name of its grid, nil for `default`.
    let grid: String?
}

extension Sentinel2Scene {
    /// The checked file of a band in the folder of a resolution.
    func bandFile(_ band: String, resolution: Int) throws -> BandFile {
        let folder = "IMG_DATA/R\(resolution)m"
        let names = SceneFolder(granule).names(in: folder).filter { name in
            let lower = name.lowercased()
            return name.contains("_\(band)_\(resolution)m.")
                && [".jp2", ".tif", ".tiff"].contains { lower.hasSuffix($0) }
        }
        guard let name = names.first else {
            throw SceneError(
                "\(granule)/\(folder)/*_\(band)_\(resolution)m.jp2",
                "is missing",
                hint: "Fetch the scene again, with all bands of \(resolution) m."
            )
        }
        return try BandFile(checking: "\(granule)/\(folder)/\(name)")
    }

    /// The dataset of bands that were found.
    func dataset(
        product: String,
        path: String,
        identity: SceneIdentity,
        gsd: Int,
        grids: [(name: String, geoBox: GeoBox)],
        bands: [Sentinel2Band]
    ) throws -> EO3Dataset {
        let identifier = try identifier
        let measurements = try bands.map { band in
            let scaling = band.code == "SCL" ? nil : try scaling(band: band.code)
            return EO3Dataset.Measurement(
                name: band.name,
                path: band.file.path,
                grid: band.grid,
                scaleFactor: scaling?.scale,
                addOffset: scaling?.offset
            )
        }
        let isJPEG = bands.contains { $0.file.driverName.hasPrefix("JP2") }
        var accessories: [(name: String, path: String)] = [("metadata:granule", tileXML.path)]
        if let productXML { accessories.append(("metadata:product", productXML.path)) }
        return EO3Dataset(
            id: identity.datasetID(product: product, identifier: identifier, path: absolutePath(path)),
            product: product,
            label: identifier,
            crs: try crs,
            validData: try validData(),
            grids: grids,
            measurements: measurements,
            time: try sensingTime,
            processed: try processed,
            properties: try properties(gsd: gsd),
            fileFormat: isJPEG ? "JPEG2000" : "GeoTIFF",
            accessories: accessories
        )
    }
}
