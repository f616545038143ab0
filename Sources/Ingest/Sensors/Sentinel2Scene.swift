import Documents
import Foundation
import Geo
import Raster

/// The metadata of one Sentinel-2 granule, from the SAFE tree or from the files that lie beside the bands.
struct Sentinel2Scene {
    /// Top or bottom of the atmosphere.
    enum Level: String {
        case l1c = "MSIL1C"
        case l2a = "MSIL2A"
    }

    let level: Level
    /// The granule's folder, absolute.
    let granule: String
    /// The SAFE folder, nil where the granule lies alone.
    let safe: String?
    let tileXML: XMLMetadata
    /// `MTD_MSIL2A.xml`, nil where there is none.
    let productXML: XMLMetadata?
    /// A STAC item beside the bands, nil where there is none.
    let item: DocumentValue?

    /// Finds the metadata of the scene in the folder `path`: a SAFE folder, a granule folder, or a flat folder.
    init(_ path: String, level: Level = .l2a) throws {
        let path = absolutePath(path)
        let folder = SceneFolder(path)
        if folder.has("GRANULE") {
            let granules = folder.names(in: "GRANULE").filter { SceneFolder("\(path)/GRANULE/\($0)").has("MTD_TL.xml") }
            guard let granule = granules.first else {
                throw SceneError("\(path)/GRANULE/*/MTD_TL.xml", "is missing", hint: Self.fetchAgain)
            }
            guard granules.count == 1 else {
                let hint = "Give the granule folders themselves (GRANULE/\(granule) and so on)."
                throw SceneError(path, "holds \(granules.count) granules", hint: hint)
            }
            try self.init(granule: "\(path)/GRANULE/\(granule)", safe: path, metadata: "MTD_TL.xml", level)
        } else if folder.has("MTD_TL.xml") {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let isInSAFE = parts.count > 2 && parts[parts.count - 2] == "GRANULE"
            let above = isInSAFE ? parts.dropLast(2).joined(separator: "/") : nil
            let safe = above.flatMap { folder in Self.productFile(in: folder, level) == nil ? nil : folder }
            try self.init(granule: path, safe: safe, metadata: "MTD_TL.xml", level)
        } else if folder.has("granule_metadata.xml") {
            try self.init(granule: path, safe: nil, metadata: "granule_metadata.xml", level)
        } else {
            throw SceneError("\(path)/GRANULE/*/MTD_TL.xml", "is missing", hint: Self.fetchAgain)
        }
    }

    /// The scenes of a level that lie at a place: a SAFE folder, each of its granules where there are several, a granule
    /// folder, or a flat folder of bands.
    static func scenes(at place: ScenePlace, level: Level) -> [String] {
        guard place.isFolder else { return [] }
        if place.has("GRANULE") {
            guard isOf(level, place) else { return [] }
            let granules = SceneFolder(place.path).names(in: "GRANULE").map { "\(place.path)/GRANULE/\($0)" }
            let whole = granules.filter { SceneFolder($0).has("MTD_TL.xml") }
            return whole.count > 1 ? whole : [place.path]
        }
        if place.has("MTD_TL.xml") { return place.name.hasPrefix("L1C") == (level == .l1c) ? [place.path] : [] }
        return place.has("granule_metadata.xml") && level == .l2a ? [place.path] : []
    }

    /// By the product's metadata, else by the folder's name.
    private static func isOf(_ level: Level, _ place: ScenePlace) -> Bool {
        for known in [Level.l1c, .l2a] where place.names.contains(where: { $0.hasPrefix("MTD_\(known.rawValue)") }) {
            return known == level
        }
        return place.name.contains(Level.l1c.rawValue) == (level == .l1c)
    }

    private static func productFile(in safe: String, _ level: Level) -> String? {
        SceneFolder(safe).names().first { $0.hasPrefix("MTD_\(level.rawValue)") && $0.hasSuffix(".xml") }
    }

    private static let fetchAgain = "A Sentinel-2 scene needs its metadata: fetch the scene again."

    private init(granule: String, safe: String?, metadata: String, _ level: Level) throws {
        (self.granule, self.safe, self.level) = (granule, safe, level)
        // The grids of angles make up nine tenths of the metadata.
        let grids: Set = ["Sun_Angles_Grid", "Viewing_Incidence_Angles_Grids"]
        tileXML = try XMLMetadata("\(granule)/\(metadata)", skipping: grids)
        if let safe {
            guard let name = Self.productFile(in: safe, level) else {
                throw SceneError("\(safe)/MTD_\(level.rawValue).xml", "is missing", hint: Self.fetchAgain)
            }
            productXML = try XMLMetadata("\(safe)/\(name)")
        } else {
            productXML = nil
        }
        item = try Self.item(in: SceneFolder(granule))
    }

    /// The first STAC item of a folder.
    private static func item(in folder: SceneFolder) throws -> DocumentValue? {
        for name in folder.names() where name.hasSuffix(".json") {
            let text = try folder.text(name, hint: fetchAgain)
            let value = try JSONText.parse(text, origin: "\(folder.path)/\(name)")
            if value["stac_version"] != nil, value["type"]?.string == "Feature" { return value }
        }
        return nil
    }

    /// The scene's own identifier: the product's name, else the granule's.
    var identifier: String {
        get throws {
            let uri = productXML?.text("//PRODUCT_URI") ?? productXML?.text("//PRODUCT_URI_2A")
            if let uri = uri ?? item?.at("properties", "s2:product_uri")?.string {
                return uri.replacing(".SAFE", with: "")
            }
            return try tileXML.required("//TILE_ID")
        }
    }

    /// `05.09`.
    var baseline: String {
        get throws {
            if let text = productXML?.text("//PROCESSING_BASELINE") { return text }
            let id = try tileXML.required("//TILE_ID")
            guard let match = id.firstMatch(of: #/_N(\d\d\.\d\d)$/#) else { throw tileXML.lacks("baseline in TILE_ID") }
            return String(match.1)
        }
    }

    /// When the tile was seen, UTC.
    var sensingTime: Date {
        get throws { try time(in: tileXML, "//SENSING_TIME") }
    }

    /// When the files were made, as far as the metadata tell.
    var processed: Date {
        get throws {
            if let productXML, productXML.text("//GENERATION_TIME") != nil {
                return try time(in: productXML, "//GENERATION_TIME")
            }
            if let text = item?.at("properties", "s2:generation_time")?.string, let date = Timestamp.parse(text) {
                return date
            }
            return try tileXML.text("//ARCHIVING_TIME").flatMap(Timestamp.parse) ?? sensingTime
        }
    }

    var crs: CRS {
        get throws { CRS(try tileXML.required("//HORIZONTAL_CS_CODE").uppercased()) }
    }

    /// The tile's grid as the metadata describe it for a resolution in metres.
    func grid(resolution: Int) throws -> GeoBox {
        let (size, position) = ("//Size[@resolution='\(resolution)']", "//Geoposition[@resolution='\(resolution)']")
        let rows = try tileXML.number("\(size)/NROWS")
        let columns = try tileXML.number("\(size)/NCOLS")
        guard (1...100_000).contains(rows), (1...100_000).contains(columns) else {
            throw SceneError(tileXML.path, "has no usable size at \(resolution) m", hint: "Fetch the file again.")
        }
        let corner = Point(x: try tileXML.number("\(position)/ULX"), y: try tileXML.number("\(position)/ULY"))
        let pixel = XY(x: try tileXML.number("\(position)/XDIM"), y: try tileXML.number("\(position)/YDIM"))
        return GeoBox(
            crs: try crs,
            affine: Affine(origin: corner, resolution: pixel),
            width: Int(columns),
            height: Int(rows)
        )
    }

    /// How the numbers of a reflectance band become reflectance: `value = number · scale + offset`.
    ///
    /// From baseline 04.00 on the files hold 1000 more than reflectance · 10000, unless who repackaged them says that
    /// it was taken off again (`earthsearch:boa_offset_applied` of a STAC item).
    func scaling(band: String) throws -> (scale: Double, offset: Double) {
        let names =
            level == .l2a ? ["BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE"] : ["QUANTIFICATION_VALUE"]
        let quantification = names.lazy.compactMap { productXML?.text("//\($0)") }.first
        let unit = quantification.flatMap { Double($0) } ?? 10_000
        guard unit.isFinite, unit > 0 else {
            let path = productXML?.path ?? tileXML.path
            throw SceneError(path, "has the quantification value \(unit)", hint: "Fetch the file again.")
        }
        if item?.at("properties", "earthsearch:boa_offset_applied")?.bool == true { return (1 / unit, 0) }
        var number = 0.0
        if let index = Self.bandIndices[band], let productXML {
            let name = level == .l2a ? "BOA_ADD_OFFSET" : "RADIO_ADD_OFFSET"
            number = productXML.text("//\(name)[@band_id='\(index)']").flatMap { Double($0) } ?? 0
        } else if (Double(try baseline) ?? 0) >= 4 {
            number = -1000
        }
        return (1 / unit, number / unit)
    }

    /// The band numbers of the metadata.
    private static let bandIndices = [
        "B01": 0, "B02": 1, "B03": 2, "B04": 3, "B05": 4, "B06": 5, "B07": 6, "B08": 7, "B8A": 8, "B09": 9, "B10": 10,
        "B11": 11, "B12": 12,
    ]

    /// Where valid data lie, in the tile's CRS; nil where the metadata do not tell.
    func validData() throws -> [Point]? {
        var degrees: [Point] = []
        if let text = productXML?.text("//EXT_POS_LIST") {
            let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            degrees = stride(from: 0, to: numbers.count - 1, by: 2).map { Point(x: numbers[$0 + 1], y: numbers[$0]) }
        } else if let geometry = item?["geometry"], geometry["type"]?.string == "Polygon",
            let ring = geometry["coordinates"]?.array?.first?.array
        {
            degrees = ring.compactMap { position in
                guard let pair = position.array, pair.count >= 2, let x = pair[0].double, let y = pair[1].double else {
                    return nil
                }
                return Point(x: x, y: y)
            }
        }
        guard degrees.count > 3 else { return nil }
        let points = try TransformCache.apply(degrees, from: .wgs84, to: try crs)
        guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else { return nil }
        // Degrees of a product's footprint are good to a metre at best: what follows the millimetres is noise.
        return points.map { Point(x: ($0.x * 1000).rounded() / 1000, y: ($0.y * 1000).rounded() / 1000) }
    }

    private func time(in xml: XMLMetadata, _ xpath: String) throws -> Date {
        let text = try xml.required(xpath)
        guard let date = Timestamp.parse(text) else {
            throw SceneError(xml.path, "has '\(text)' where a time is needed (\(xpath))", hint: "Fetch the file again.")
        }
        return date
    }
}
