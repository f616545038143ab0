import DatacubeIndex
import Documents
import struct Foundation.Date
import class Foundation.FileManager
import struct Foundation.URL
import Geo
import Raster

/// The STAC item that describes a dataset of the index.
struct STACItemDraft {
    private(set) var document: DocumentValue
    /// In degrees; two where it crosses the antimeridian.
    let boxes: [BoundingBox]
    let begin: String
    let end: String

    /// - `path`: Where the item will lie.
    /// - `root`: The title of the catalogue.
    init(
        _ dataset: Dataset,
        _ product: Product,
        at path: String,
        references: STACExport.References,
        root title: String
    ) throws {
        let outline = try Self.outline(of: dataset)
        boxes = outline.boxes
        guard let time = dataset.time else { throw Self.failure(dataset, "has no time") }
        (begin, end) = (Self.text(time.begin), Self.text(time.end))
        var root = DocumentObject()
        root["type"] = "Feature"
        root["stac_version"] = "1.1.0"
        root["id"] = .string(dataset.idText)
        root["collection"] = .string(product.name)
        root["geometry"] = outline.geometry
        root["bbox"] = outline.bbox
        var properties = Self.properties(of: dataset)
        let known = dataset.document.at("properties", "datetime")?.string.flatMap(Timestamp.parse)
        properties["datetime"] = .string(Self.text(known ?? time.center))
        if time.begin < time.end {
            properties["start_datetime"] = .string(begin)
            properties["end_datetime"] = .string(end)
        }
        properties["title"] = dataset.label.map { .string($0) }
        properties["odc:product"] = .string(product.name)
        if let lineage = dataset.document.at("lineage"),
            lineage.object?.contains(where: { $0.value.array != nil }) == true
        {
            properties["odc:lineage"] = lineage
        }
        if let crs = dataset.crs { for entry in Self.projection(crs) { properties[entry.key] = entry.value } }
        root["properties"] = .object(properties)
        root["assets"] = .object(try Self.assets(of: dataset, product, at: path, references))
        root["links"] = [
            Self.link("root", "../../catalog.json", title), Self.link("parent", "../collection.json", product.name),
            Self.link("collection", "../collection.json", product.name),
        ]
        root["stac_extensions"] = Self.extensions(of: [root["properties"]] + Self.values(of: root["assets"]))
        document = .object(root)
    }

    /// A link to another document of the catalogue, with that one's title.
    static func link(_ relation: String, _ address: String, _ title: String) -> DocumentValue {
        [
            "rel": .string(relation), "href": .string(address),
            "type": relation == "item" ? "application/geo+json" : "application/json", "title": .string(title),
        ]
    }

    /// With milliseconds: stac-browser takes the digits behind the point for a number of them.
    private static func text(_ date: Date) -> String {
        let text = Timestamp.iso(date)
        return text.contains(".") ? text.dropLast(4) + "Z" : text
    }

    /// The picture's name, beside the item.
    static let thumbnail = "thumbnail.png"

    mutating func addThumbnail() {
        var root = document.object ?? DocumentObject()
        var assets = root["assets"]?.object ?? DocumentObject()
        assets["thumbnail"] = [
            "href": .string("./\(Self.thumbnail)"), "title": "Thumbnail", "type": "image/png", "roles": ["thumbnail"],
        ]
        root["assets"] = .object(assets)
        document = .object(root)
    }

    private static func failure(_ dataset: Dataset, _ reason: String) -> DocumentError {
        DocumentError(
            origin: "dataset \(dataset.idText)",
            reason: reason,
            hint: "Update its document, or leave it out."
        )
    }

    /// EO3's names of what STAC calls otherwise.
    private static let names = [
        "eo:gsd": "gsd", "eo:platform": "platform", "eo:constellation": "constellation",
        "eo:off_nadir": "view:off_nadir", "eo:azimuth": "view:azimuth", "eo:sun_azimuth": "view:sun_azimuth",
        "eo:sun_elevation": "view:sun_elevation", "odc:processing_datetime": "created",
    ]
    /// What their extensions take.
    private static let ranges: [String: ClosedRange<Double>] = [
        "eo:cloud_cover": 0...100, "eo:snow_cover": 0...100, "view:off_nadir": 0...90, "view:incidence_angle": 0...90,
        "view:azimuth": 0...360, "view:sun_azimuth": 0...360, "view:sun_elevation": -90...90,
    ]
    private static let left = ["datetime", "dtr:start_datetime", "dtr:end_datetime", "odc:product", EO3.scaling]

    private static func properties(of dataset: Dataset) -> DocumentObject {
        var result = DocumentObject()
        for (key, value) in dataset.document.at("properties")?.object ?? DocumentObject() where !left.contains(key) {
            let name = names[key] ?? key
            if value == .null { continue }
            if key == "eo:instrument" {
                let names = (value.string ?? "").lowercased().split { $0 == "_" || $0 == "/" || $0 == " " }
                result["instruments"] = .array(names.map { .string(String($0)) })
            } else if key == "odc:processing_datetime", let time = value.string.flatMap(Timestamp.parse) {
                result["created"] = .string(Timestamp.iso(time))
            } else if let range = ranges[name] {
                // The USGS counts azimuths from -180, and says -1 for clouds that nobody has looked for.
                let known = value.double
                let number = known.map { name.hasSuffix("azimuth") && $0 < 0 ? $0 + 360 : $0 }
                if let number, range.contains(number) { result[name] = number == known ? value : .double(number) }
            } else if let prefix = versions.keys.first(where: { name.hasPrefix("\($0):") }) {
                // The extension lets no other names begin so.
                result["odc:\(name.dropFirst(prefix.count + 1))"] = value
            } else {
                result[name] = value
            }
        }
        if let platform = result["platform"]?.string { result["platform"] = .string(platform.lowercased()) }
        return result
    }

    /// Extensions by the beginning of their fields' names.
    private static let versions = [
        "eo": "eo/v2.0.0", "proj": "projection/v2.0.0", "raster": "raster/v2.0.0", "view": "view/v1.0.0",
    ]

    /// The extensions whose fields stand in an object or in its bands: a schema may refuse who declares it and uses none.
    static func extensions(of objects: [DocumentValue?]) -> DocumentValue {
        let found = objects.compactMap(\.self)
        let keys = Set((found + found.flatMap { $0["bands"]?.array ?? [] }).flatMap { $0.object?.map(\.key) ?? [] })
        let used = versions.filter { version in keys.contains { $0.hasPrefix("\(version.key):") } }
        return .array(used.values.sorted().map { .string("https://stac-extensions.github.io/\($0)/schema.json") })
    }

    static func values(of object: DocumentValue?) -> [DocumentValue?] { object?.object?.map(\.value) ?? [] }

    private static func projection(_ crs: CRS) -> DocumentObject {
        var result = DocumentObject()
        result["proj:code"] = crs.epsg.map { .string("EPSG:\($0)") } ?? .null
        if crs.epsg == nil { result["proj:wkt2"] = .string(crs.wkt2 ?? crs.definition) }
        return result
    }

    /// One asset for each measurement.
    private static func assets(
        of dataset: Dataset,
        _ product: Product,
        at path: String,
        _ references: STACExport.References
    ) throws -> DocumentObject {
        var assets = DocumentObject()
        for measurement in product.measurements {
            guard let source = dataset.source(of: measurement.name) else { continue }
            var asset = DocumentObject()
            asset["href"] = .string(try href(of: source, measurement, dataset, at: path, references))
            asset["title"] = .string(measurement.name)
            asset["type"] = .string(references == .copy ? cog : mediaType(of: source))
            asset["roles"] = ["data"]
            if let box = try dataset.geoBox(of: measurement.name) ?? RasterFile(opening: source.name).geoBox {
                asset["proj:shape"] = [.integer(box.height), .integer(box.width)]
                asset["proj:transform"] = .array(box.affine.rowMajor.map { .double($0) })
                if dataset.crs == nil { for entry in projection(box.crs) { asset[entry.key] = entry.value } }
            }
            let own = bandDocument(measurement, source)
            // A band further behind is the one of that number in the list.
            let others = references == .copy ? 0 : min(max((source.band ?? 1) - 1, 0), 1000)
            asset["bands"] = .array((0..<others).map { ["name": .string("band_\($0 + 1)")] } + [own])
            assets[measurement.name] = .object(asset)
        }
        guard !assets.isEmpty else { throw failure(dataset, "has no file of a measurement of '\(product.name)'") }
        return assets
    }

    static func bandDocument(_ measurement: Measurement, _ source: MeasurementSource? = nil) -> DocumentValue {
        var band = DocumentObject()
        band["name"] = .string(measurement.name)
        band["data_type"] = .string(measurement.dtype.rawValue)
        band["nodata"] = measurement.nodata.isNaN ? "nan" : .double(measurement.nodata)
        if !["1", ""].contains(measurement.units) { band["unit"] = .string(measurement.units) }
        band["eo:common_name"] = commonNames[measurement.name].map { .string($0) }
        band["raster:scale"] = (source?.scaleFactor ?? measurement.scaleFactor).map { .double($0) }
        band["raster:offset"] = (source?.addOffset ?? measurement.addOffset).map { .double($0) }
        return .object(band)
    }

    /// What the extension eo calls the bands of our products.
    private static let commonNames = [
        "coastal": "coastal", "blue": "blue", "green": "green", "red": "red", "re1": "rededge071", "re2": "rededge075",
        "re3": "rededge078", "nir": "nir", "nir2": "nir08", "nir_narrow": "nir08", "swir1": "swir16", "swir2": "swir22",
    ]

    private static let cog = "image/tiff; application=geotiff; profile=cloud-optimized"

    private static func mediaType(of source: MeasurementSource) -> String {
        let name = source.file.lowercased()
        if name.hasSuffix(".nc") { return "application/netcdf" }
        if name.hasSuffix(".jp2") { return "image/jp2" }
        if name.hasSuffix(".hdf") || name.hasSuffix(".h5") { return "application/x-hdf5" }
        return "image/tiff; application=geotiff"
    }

    private static func href(
        of source: MeasurementSource,
        _ measurement: Measurement,
        _ dataset: Dataset,
        at path: String,
        _ references: STACExport.References
    ) throws -> String {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if references == .copy {
            let name = "\(measurement.name).tif"
            if !FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
                try RasterFile(opening: source.name).copy(band: source.band ?? 1, to: "\(folder)/\(name)")
            }
            return "./\(name)"
        }
        let file = source.file
        for (prefix, scheme) in [("/vsicurl/", ""), ("/vsis3/", "s3://"), ("/vsigs/", "gs://"), ("/vsiaz/", "az://")]
        where file.hasPrefix(prefix) { return scheme + file.dropFirst(prefix.count) }
        guard !file.hasPrefix("/vsi"), file.hasPrefix("/") else { return file }
        return references == .absolute ? file : relative(file, from: folder)
    }

    /// A path seen from a folder.
    private static func relative(_ path: String, from folder: String) -> String {
        let (to, from) = (path.split(separator: "/"), folder.split(separator: "/"))
        let shared = zip(to, from).prefix { $0 == $1 }.count
        let up = Array(repeating: "..", count: from.count - shared)
        return ((up.isEmpty ? ["."] : up) + to[shared...].map(String.init)).joined(separator: "/")
    }
}

extension STACItemDraft {
    /// Where an item lies, in longitude and latitude.
    struct Outline {
        let geometry: DocumentValue
        let bbox: DocumentValue
        let boxes: [BoundingBox]
    }

    /// The dataset's footprint in degrees; cut in two at the antimeridian.
    static func outline(of dataset: Dataset) throws -> Outline {
        var moved: MultiPolygon?
        if let footprint = dataset.footprint, let crs = dataset.crs {
            let parts = try footprint.densified(pieces: 8).parts.map { part in
                MultiPolygon.Part(rings: try part.rings.map { try TransformCache.apply($0, from: crs, to: .wgs84) })
            }
            moved = MultiPolygon(parts: parts)
        } else if let box = dataset.lonLatBounds {
            moved = MultiPolygon(box)
        }
        guard let shape = moved, let bounds = shape.bounds,
            [bounds.left, bounds.bottom, bounds.right, bounds.top].allSatisfy(\.isFinite)
        else { throw failure(dataset, "has no place: neither geometry, grid nor extent") }
        // Wider than half the world means that it lies on both sides of 180°.
        let unrolled = bounds.width > 180 ? shape.mapPoints { Point(x: $0.x < 0 ? $0.x + 360 : $0.x, y: $0.y) } : shape
        let west = unrolled.clipped(to: BoundingBox(left: -180, bottom: -90, right: 180, top: 90))
        let east = unrolled.clipped(to: BoundingBox(left: 180, bottom: -90, right: 540, top: 90))?
            .mapPoints { Point(x: $0.x - 360, y: $0.y) }
        guard let east, let eastBounds = east.bounds, eastBounds.width > 0, let west, let westBounds = west.bounds
        else {
            return Outline(geometry: shape.geoJSON, bbox: numbers(bounds), boxes: [bounds])
        }
        let whole = BoundingBox(
            left: westBounds.left,
            bottom: min(westBounds.bottom, eastBounds.bottom),
            right: eastBounds.right,
            top: max(westBounds.top, eastBounds.top)
        )
        let both = MultiPolygon(parts: west.parts + east.parts)
        return Outline(geometry: both.geoJSON, bbox: numbers(whole), boxes: [westBounds, eastBounds])
    }

    private static func numbers(_ box: BoundingBox) -> DocumentValue {
        .array([box.left, box.bottom, box.right, box.top].map { .double($0) })
    }
}
