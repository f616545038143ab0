import Documents
import Foundation
import Geo

/// A Landsat scene on the way into a document: its metadata, and the bands that were found.
struct LandsatScene {
    let path: String
    let metadata: LandsatMTL
    let options: SceneOptions
    private let folder: SceneFolder
    private let names: Set<String>
    private var grids = SceneGrids()
    private(set) var measurements: [EO3Dataset.Measurement] = []

    static let contents = "PRODUCT_CONTENTS", attributes = "IMAGE_ATTRIBUTES"

    /// - `path`: The scene's folder, or its metadata file.
    init(_ path: String, options: SceneOptions) throws {
        self.path = absolutePath(path)
        self.options = options
        if self.path.lowercased().contains("_mtl.") {
            metadata = try LandsatMTL(file: self.path)
            folder = SceneFolder(String(self.path.prefix(upTo: self.path.lastIndex(of: "/") ?? self.path.startIndex)))
        } else {
            folder = SceneFolder(self.path)
            metadata = try LandsatMTL(in: folder)
        }
        names = Set(folder.names())
    }

    /// The scenes of a folder whose metadata are those of Collection 2, or of before it.
    static func scenes(at place: ScenePlace, isCollection2: Bool) -> [String] {
        guard place.isFolder else {
            return !LandsatMTL.files(in: [place.name]).isEmpty && LandsatMTL.isCollection2(place.path) == isCollection2
                ? [place.path] : []
        }
        let files = LandsatMTL.files(in: place.names)
        let own = files.map { "\(place.path)/\($0)" }.filter { LandsatMTL.isCollection2($0) == isCollection2 }
        // antares3's ids follow from the folder.
        return own.count == 1 && files.count == 1 ? [place.path] : own
    }

    func has(_ key: String) -> Bool {
        metadata.text(Self.contents, key).map { names.contains($0) } ?? false
    }

    /// Adds the file that a key of the metadata names.
    mutating func add(_ name: String, key: String, scale: Double? = nil, offset: Double? = nil) throws {
        let fileName = try metadata.required(Self.contents, key)
        let file = try folder.path(of: fileName, named: metadata.path)
        let band: BandFile
        if options.check == .none {
            band = try BandFile(file, .none, grid: metadataGrid(of: key), isThere: names.contains(fileName))
        } else {
            band = try BandFile(checking: file)
        }
        let grid = try band.grid()
        if let first = grids.standard, grid != first, !isOther(key) {
            try band.require(width: first.width, height: first.height, source: "the first band")
            throw SceneError(band.path, "lies on another grid than the first band", hint: "Fetch the scene again.")
        }
        let gridName = grids.name(of: grid)
        measurements.append(
            .init(name: name, path: file, grid: gridName, scaleFactor: scale, addOffset: offset)
        )
    }

    /// Adds it where it is there.
    mutating func addOptional(_ name: String, key: String, scale: Double? = nil, offset: Double? = nil) throws {
        if has(key) { try add(name, key: key, scale: scale, offset: offset) }
    }

    /// The panchromatic band has pixels of its own, and in older scenes the thermal ones.
    private func isOther(_ key: String) -> Bool {
        ["_8", "_6", "_6_VCID_1", "_6_VCID_2", "_10", "_11"].contains { key == "FILE_NAME_BAND\($0)" }
    }

    /// The grid as the metadata tell it; their corners are the middles of the corner pixels.
    private func metadataGrid(of key: String) throws -> GeoBox {
        let group = "PROJECTION_ATTRIBUTES"
        let isPan = key == "FILE_NAME_BAND_8" && metadata.number(group, "PANCHROMATIC_LINES") != nil
        let kind = isPan ? "PANCHROMATIC" : "REFLECTIVE"
        let cell = try metadata.requiredNumber(
            metadata.text(group, "GRID_CELL_SIZE_\(kind)") == nil ? "LEVEL1_PROJECTION_PARAMETERS" : group,
            "GRID_CELL_SIZE_\(kind)"
        )
        let (rows, columns) = (
            try metadata.requiredNumber(group, "\(kind)_LINES"), try metadata.requiredNumber(group, "\(kind)_SAMPLES")
        )
        guard (1...1e6).contains(rows), (1...1e6).contains(columns), cell > 0 else {
            throw SceneError(metadata.path, "has no usable size of the image", hint: "Fetch the file again.")
        }
        let corner = Point(
            x: try metadata.requiredNumber(group, "CORNER_UL_PROJECTION_X_PRODUCT") - cell / 2,
            y: try metadata.requiredNumber(group, "CORNER_UL_PROJECTION_Y_PRODUCT") + cell / 2
        )
        let affine = Affine(origin: corner, resolution: XY(x: cell, y: -cell))
        return GeoBox(crs: try crs(), affine: affine, width: Int(columns), height: Int(rows))
    }

    /// UTM zones of Landsat are northern everywhere; polar scenes are stereographic.
    private func crs() throws -> CRS {
        let group = "PROJECTION_ATTRIBUTES"
        if try metadata.required(group, "MAP_PROJECTION") == "PS" { return CRS("EPSG:3031") }
        let zone = try metadata.requiredNumber(group, "UTM_ZONE")
        guard (1...60).contains(zone) else {
            throw SceneError(metadata.path, "has the UTM zone \(zone)", hint: "Fetch the file again.")
        }
        return CRS("EPSG:\(32600 + Int(zone))")
    }

    /// The document.
    ///
    /// - `family`: What EO3 calls the kind of product, as `sr`.
    /// - `mask`: The measurement that tells where data lie; pixels with bit 0 set hold none.
    func document(product: String, family: String, mask: String) throws -> DocumentValue {
        guard let grid = grids.standard else {
            throw SceneError(metadata.path, "names no band that is read", hint: "Fetch the scene again.")
        }
        let identifier = try metadata.required(Self.contents, "LANDSAT_PRODUCT_ID")
        let product = options.product ?? product
        let time = try metadata.time
        let record = family == "sr" ? "LEVEL2_PROCESSING_RECORD" : "LEVEL1_PROCESSING_RECORD"
        let generated = metadata.text(record, "DATE_PRODUCT_GENERATED").flatMap(Timestamp.parse)
        var properties = try metadata.properties(gsd: Int(abs(grid.resolution.x).rounded()))
        properties["odc:product_family"] = .string(family)
        var ring: [Point]?
        if options.check == .full {
            if let file = measurements.first(where: { $0.name == mask })?.path {
                ring = try ValidData.hull(of: file) { Int($0) & 1 == 0 }
            } else if let file = measurements.first?.path {
                ring = try ValidData.hull(of: file)
            }
        }
        return EO3Dataset(
            id: options.identity.datasetID(product: product, identifier: identifier, path: path),
            product: product,
            label: identifier,
            crs: grid.crs,
            validData: ring,
            grids: grids.all,
            measurements: measurements,
            time: time,
            processed: generated ?? time,
            properties: properties,
            fileFormat: "GeoTIFF",
            lineage: source(of: identifier).map { [("level1", [$0])] } ?? [],
            accessories: [("metadata:landsat_mtl", metadata.path)]
        ).document
    }
}

extension LandsatScene {
    /// The dataset of Level 1 that a scene of Level 2 was made from, by the id that antares gives it.
    private func source(of identifier: String) -> UUID? {
        guard let name = metadata.text("LEVEL1_PROCESSING_RECORD", "LANDSAT_PRODUCT_ID"), name != identifier,
            metadata.collection == 2, options.identity == .scene
        else { return nil }
        return SceneIdentity.scene.datasetID(product: LandsatCollection2.level1Product, identifier: name, path: "")
    }
}

extension LandsatMTL {
    /// When the scene's middle was seen, UTC.
    var time: Date {
        get throws {
            let day = try required("IMAGE_ATTRIBUTES", "DATE_ACQUIRED")
            let clock = try required("IMAGE_ATTRIBUTES", "SCENE_CENTER_TIME")
            guard let date = Timestamp.parse("\(day)T\(clock)") else {
                throw SceneError(path, "has the unreadable time '\(day) \(clock)'", hint: "Fetch the file again.")
            }
            return date
        }
    }

    /// True for scenes whose bands are numbered from coastal on.
    var isOLI: Bool {
        get throws { ["LANDSAT_8", "LANDSAT_9"].contains(try required("IMAGE_ATTRIBUTES", "SPACECRAFT_ID")) }
    }

    /// What EO3 and the Landsat extension of STAC call the facts of the scene.
    func properties(gsd: Int) throws -> DocumentObject {
        let image = "IMAGE_ATTRIBUTES"
        let (wrsPath, wrsRow) = (try required(image, "WRS_PATH"), try required(image, "WRS_ROW"))
        var all = DocumentObject()
        all["eo:platform"] = .string(try required(image, "SPACECRAFT_ID").lowercased().replacing("_", with: "-"))
        all["eo:instrument"] = .string(try required(image, "SENSOR_ID"))
        all["eo:gsd"] = .integer(gsd)
        all["eo:cloud_cover"] = number(image, "CLOUD_COVER").map { .double($0) }
        all["eo:sun_azimuth"] = number(image, "SUN_AZIMUTH").map { .double($0) }
        all["eo:sun_elevation"] = number(image, "SUN_ELEVATION").map { .double($0) }
        let region = padded(wrsPath) + padded(wrsRow)
        all["odc:region_code"] = .string(region)
        let category = text("PRODUCT_CONTENTS", "COLLECTION_CATEGORY")
        all["dea:dataset_maturity"] = category == "RT" ? "nrt" : "final"
        all["landsat:landsat_product_id"] = .string(try required("PRODUCT_CONTENTS", "LANDSAT_PRODUCT_ID"))
        let scene = text("LEVEL1_PROCESSING_RECORD", "LANDSAT_SCENE_ID")
        all["landsat:landsat_scene_id"] = scene.map { .string($0) }
        all["landsat:collection_category"] = category.map { .string($0) }
        all["landsat:collection_number"] = number("PRODUCT_CONTENTS", "COLLECTION_NUMBER").flatMap(Int.init(exactly:))
            .map { .integer($0) }
        all["landsat:wrs_path"] = Int(wrsPath).map { .integer($0) }
        all["landsat:wrs_row"] = Int(wrsRow).map { .integer($0) }
        return all
    }

    private func padded(_ number: String) -> String { String(repeating: "0", count: max(0, 3 - number.count)) + number }
}
