import Documents
import Geo

/// One file of a STAC item.
struct STACAsset {
    let key: String
    let href: String
    private let value: DocumentValue
    private let properties: DocumentValue

    /// - Throws: `DocumentError` where it names no file.
    init(key: String, reader: DocumentReader, properties: DocumentValue) throws(DocumentError) {
        (self.key, value, self.properties) = (key, reader.value, properties)
        href = try reader.required("href").string()
    }

    /// A value of the asset, else of the item.
    private func field(_ name: String) -> DocumentValue? { value.at(name) ?? properties.at(name) }

    private var roles: [String] { value["roles"]?.array?.compactMap(\.string) ?? [] }

    /// True for pictures to look at rather than data.
    var isVisual: Bool { roles.contains("visual") }

    /// True for a file with bands of samples.
    var isRaster: Bool {
        if roles.contains(where: { ["thumbnail", "overview", "metadata"].contains($0) }) { return false }
        guard let type = value["type"]?.string?.lowercased() else {
            let ending = href.split(separator: ".").last?.lowercased() ?? ""
            return ["tif", "tiff", "jp2", "img", "vrt", "nc", "hdf", "h5", "zarr"].contains(ending)
        }
        if type.hasPrefix("image/png") || type.hasPrefix("image/jpeg") { return roles.contains("data") }
        return type.hasPrefix("image/") || ["hdf", "netcdf", "zarr"].contains { type.contains($0) }
    }

    /// The names of its bands, each by name and common name; empty where the item does not tell.
    var bands: [[String]] {
        let described = value["bands"]?.array ?? value["eo:bands"]?.array ?? []
        return described.map { band in
            ["name", "common_name", "eo:common_name"].compactMap { band[$0]?.string }
        }
    }

    /// What makes numbers of one of its bands values, `number · scale + offset`; nil where the item does not tell.
    ///
    /// - `band`: Counted from 1.
    func scaling(band: Int = 1) -> (scale: Double, offset: Double)? {
        let lists = [value["raster:bands"], value["bands"]].map { $0?.array ?? [] }
        let places = lists.compactMap { band <= $0.count ? $0[band - 1] : nil } + [value]
        func number(_ names: [String]) -> Double? {
            places.lazy.flatMap { place in names.lazy.compactMap { place[$0]?.double } }.first { $0.isFinite }
        }
        let (scale, offset) = (number(["raster:scale", "scale"]), number(["raster:offset", "offset"]))
        guard scale != nil || offset != nil else { return nil }
        // Who repackaged these files has added the offset to the numbers already, and names it all the same.
        let isApplied = properties["earthsearch:boa_offset_applied"]?.bool == true
        return (scale ?? 1, isApplied ? 0 : offset ?? 0)
    }

    /// The CRS of its pixels, nil where the item does not tell.
    var crs: CRS? {
        if let code = field("proj:code")?.string { return CRS(code) }
        if let code = field("proj:epsg")?.integer { return CRS("EPSG:\(code)") }
        if let text = field("proj:wkt2")?.string { return CRS(text) }
        return field("proj:projjson").map { CRS(JSONText.write($0)) }
    }

    /// Its grid of pixels as EO3 writes it, nil where the item does not tell.
    var grid: STACGrid? {
        guard let shape = field("proj:shape")?.array?.compactMap(\.integer), shape.count == 2,
            let transform = field("proj:transform")?.array?.compactMap(\.double),
            transform.count == 6 || transform.count == 9
        else { return nil }
        return STACGrid(height: shape[0], width: shape[1], transform: Array(transform.prefix(6)))
    }
}

/// A grid of pixels in the form of EO3 documents.
struct STACGrid: Hashable {
    let height: Int
    let width: Int
    /// Row-major: a, b, c, d, e, f.
    let transform: [Double]

    var document: DocumentValue {
        let numbers: [DocumentValue] = (transform + [0, 0, 1]).map { .double($0) }
        return ["shape": [.integer(height), .integer(width)], "transform": .array(numbers)]
    }
}
