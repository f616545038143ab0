import Documents
import Foundation
import Geo

/// A band of Sentinel-2 as a product wants it.
struct Sentinel2Band: Sendable {
    let name: String
    /// `B02`, `SCL` and so on; `CLDPRB` for the probability of clouds.
    let code: String
    /// Metres, at which it is taken from a SAFE tree.
    let resolution: Int
    /// False where a scene may lack it.
    let isRequired: Bool

    init(_ name: String, _ code: String, _ resolution: Int, isRequired: Bool = true) {
        (self.name, self.code, self.resolution, self.isRequired) = (name, code, resolution, isRequired)
    }

    /// Probabilities, classes and atmospheric layers are no reflectance.
    var isReflectance: Bool { code.hasPrefix("B") }

    /// What makes numbers of layers other than reflectance values.
    var layerScaling: (scale: Double, offset: Double)? { ["AOT", "WVP"].contains(code) ? (0.001, 0) : nil }
}

extension Sentinel2Scene {
    /// True where bands lie beside the metadata, by their names alone.
    var isFlat: Bool { tileXML.path.hasSuffix("granule_metadata.xml") }

    /// The document of a scene with these bands.
    ///
    /// In a SAFE tree the metadata tell the grids. In flat folders pixels may be of any size: the grid then follows from the
    /// tile's corner in the metadata and the file's pixel count.
    func document(
        of wanted: [Sentinel2Band],
        product: String,
        path: String,
        options: SceneOptions
    ) throws -> DocumentValue {
        let product = options.product ?? product
        var grids = SceneGrids()
        var measurements: [EO3Dataset.Measurement] = []
        var format: String?
        var tree = Tree()
        for band in wanted {
            guard let found = try isFlat ? flatFile(band, options) : bandFile(band, options, &tree) else { continue }
            let scaling = band.isReflectance ? try self.scaling(band: band.code) : band.layerScaling
            format = format ?? found.file.format
            let place = EO3Dataset.Measurement(
                name: band.name,
                path: found.file.path,
                grid: grids.name(of: found.grid),
                scaleFactor: scaling?.scale,
                addOffset: scaling?.offset
            )
            measurements.append(place)
        }
        guard let standard = grids.standard else {
            throw SceneError(granule, "holds none of the bands", hint: "Fetch the scene again, with all its bands.")
        }
        let identifier = try identifier
        var accessories: [(name: String, path: String)] = [("metadata:granule", tileXML.path)]
        if let productXML { accessories.append(("metadata:product", productXML.path)) }
        return EO3Dataset(
            id: options.identity.datasetID(product: product, identifier: identifier, path: absolutePath(path)),
            product: product,
            label: identifier,
            crs: try crs,
            validData: try validData(),
            grids: grids.all,
            measurements: measurements,
            time: try sensingTime,
            processed: try processed,
            properties: try properties(gsd: Int(abs(standard.resolution.x).rounded())),
            fileFormat: format ?? "JPEG2000",
            accessories: accessories
        ).document
    }

    /// The document of a scene in a SAFE tree, of bands that have one resolution.
    static func document(
        of wanted: [Sentinel2Band],
        inTreeAt resolution: Int,
        product: String,
        path: String,
        options: SceneOptions
    ) throws -> DocumentValue {
        let scene = try Sentinel2Scene(path)
        guard !scene.isFlat else {
            throw SceneError(
                "\(scene.granule)/IMG_DATA/R\(resolution)m",
                "is missing",
                hint: "Folders of bands without a SAFE tree are read as s2_l2a or s2_l2a_10m."
            )
        }
        return try scene.document(of: wanted, product: product, path: path, options: options)
    }

    /// What the bands of a SAFE tree share: names by folder, grids by resolution.
    private struct Tree {
        var names: [String: [String]] = [:]
        var grids: [Int: GeoBox] = [:]
    }

    /// The file of a band in a SAFE tree, with its grid; nil where it is not there and need not be.
    private func bandFile(
        _ band: Sentinel2Band,
        _ options: SceneOptions,
        _ tree: inout Tree
    ) throws -> (file: BandFile, grid: GeoBox)? {
        let isProbability = band.code == "CLDPRB" || band.code == "SNWPRB"
        let resolution = band.resolution
        let folder =
            isProbability ? "QI_DATA" : level == .l1c ? "IMG_DATA" : "IMG_DATA/R\(resolution)m"
        let marks: [String]
        if isProbability {
            let old = band.code == "CLDPRB" ? "_CLD_\(resolution)m." : "_SNW_\(resolution)m."
            marks = ["MSK_\(band.code)_\(resolution)m.", old]
        } else {
            marks = level == .l1c ? ["_\(band.code)."] : ["_\(band.code)_\(resolution)m."]
        }
        let names = tree.names[folder] ?? SceneFolder(granule).names(in: folder)
        tree.names[folder] = names
        let found = names.first { name in
            let lower = name.lowercased()
            return marks.contains { name.contains($0) } && [".jp2", ".tif", ".tiff"].contains { lower.hasSuffix($0) }
        }
        guard let found else {
            guard band.isRequired else { return nil }
            throw SceneError(
                "\(granule)/\(folder)/*\(marks[0])jp2",
                "is missing",
                hint: "Fetch the scene again, with all bands of \(resolution) m."
            )
        }
        let grid = try tree.grids[resolution] ?? self.grid(resolution: resolution)
        tree.grids[resolution] = grid
        let file = try BandFile("\(granule)/\(folder)/\(found)", options.check, grid: grid, isThere: true)
        try file.require(width: grid.width, height: grid.height, source: "the metadata at \(resolution) m")
        return (file, grid)
    }

    /// The file of a band that lies beside the metadata.
    private func flatFile(_ band: Sentinel2Band, _ options: SceneOptions) throws -> (file: BandFile, grid: GeoBox)? {
        func find(in folder: String, _ isWanted: (Substring) -> Bool) -> String? {
            SceneFolder(folder).names().first { name in
                let stem = name.split(separator: ".").first ?? ""
                return isWanted(stem) && [".jp2", ".tif", ".tiff"].contains { name.lowercased().hasSuffix($0) }
            }.map { "\(folder)/\($0)" }
        }
        // What others repackaged may hold references in place of the layers of quality.
        let quality = find(in: "\(granule)/QI_DATA") { $0.contains("_\(band.code)") }
        let path = find(in: granule) { $0 == band.code } ?? quality.flatMap { RasterContent.isRaster($0) ? $0 : nil }
        guard let path else {
            guard band.isRequired else { return nil }
            throw SceneError(
                "\(granule)/\(band.code).tif",
                "is missing",
                hint: "Fetch the scene again, with all its bands."
            )
        }
        // Only the file tells how many pixels it has.
        let file = try BandFile(checking: path, options.check)
        return (file, try fittedGrid(of: file))
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

/// What antares3's documents of Sentinel-2 say in their signature.
func sentinel2LegacySignature(of document: DocumentValue) -> DocumentObject {
    var signature = LegacyLayout.signature(of: document)
    signature["platform"] = ["code": "sentinel2"]
    signature["processing_level"] = "L2A"
    signature["product_type"] = "sen2cor"
    return signature
}
