public import Documents
import Foundation
import Geo

/// Monthly climates: antares3's `tmax_1.tif` to `tmin_12.tif`, and WorldClim's files of version 2 with its nineteen
/// bioclimatic variables.
public struct Bioclimatics: SceneReader {
    public let name = "bioclimatics"
    public let product = "bioclimatics"
    public let layout =
        "a folder with tmax_<1..12>.tif, tmean_… and tmin_…, or WorldClim's wc2.1_<size>_<name>_<nn>.tif"

    public init() {}

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let kinds = ["tmax", "tmean", "tmin", "prec"]

    /// The measurement of a file, nil where it is none of these.
    private static func band(_ name: String) -> String? {
        guard let match = name.lowercased().wholeMatch(of: #/(?:wc2\.\d_[0-9.]+[ms]_)?([a-z]+)_(\d{1,2})\.tiff?/#),
            let number = Int(match.2)
        else { return nil }
        let kind = match.1 == "tavg" ? "tmean" : String(match.1)
        if kind == "bio", (1...19).contains(number) { return "bio_\(number)" }
        guard kinds.contains(kind), (1...12).contains(number) else { return nil }
        return "\(kind)_\(months[number - 1])"
    }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        place.isFolder && place.names.contains(where: { Self.band($0) != nil }) ? [place.path] : []
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let names = SceneFolder(path).names()
        var files: [String: String] = [:]
        for name in names { if let band = Self.band(name) { files[band] = name } }
        let monthly = Self.kinds.filter { kind in Self.months.contains { files["\(kind)_\($0)"] != nil } }
        let wanted = monthly.flatMap { kind in Self.months.map { "\(kind)_\($0)" } }
        if let lacking = wanted.first(where: { files[$0] == nil }) {
            throw SceneError(path, "lacks the file of \(lacking)", hint: "All twelve months are needed.")
        }
        let variables = (1...19).map { "bio_\($0)" }.filter { files[$0] != nil }
        let bands = (wanted + variables).map { FileScene.Band($0, "\(path)/\(files[$0] ?? "")") }
        guard let first = bands.first else {
            throw SceneError(path, "holds no climate", hint: "A scene is \(layout).")
        }
        let isWorldClim = lastPart(first.path).hasPrefix("wc2")
        let period = isWorldClim ? ("1970-01-01", "2000-12-31") : ("1903-01-01", "2011-12-31")
        guard let begin = Timestamp.parse(period.0), let end = Timestamp.parse(period.1) else {
            preconditionFailure("days are days")
        }
        let grid = try BandFile(checking: first.path, .none).grid()
        let version = lastPart(first.path).prefix { $0 != "_" }
        let source = isWorldClim ? "worldclim_\(version)" : "bioclimatics"
        let bare = monthly.isEmpty ? "worldclim_bio" : isWorldClim ? "worldclim" : product
        var scene = FileScene(
            product: options.product ?? bare,
            identifier: "\(source)_\(grid.affine.c)_\(grid.affine.f)_\(grid.width)x\(grid.height)",
            path: path,
            bands: bands,
            time: options.time ?? TimeRange(begin: begin, end: end)
        )
        scene.needsOneGrid = true
        scene.properties["eo:platform"] = "Weather station"
        scene.properties["eo:instrument"] = "Weather station"
        scene.properties["odc:product_family"] = "climate"
        return [try scene.document(options)]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        var signature = LegacyLayout.signature(of: document)
        signature["platform"] = ["code": "Weather station"]
        signature["product_type"] = "BIO"
        return signature
    }
}
