public import Documents
public import Geo
public import Raster

/// An ingestion configuration: which product becomes tiles of which grid, and how they are stored.
public struct IngestionConfig: Sendable {
    /// How one measurement of the tiles is made.
    public struct Band: Sendable {
        public let name: String
        public let sourceName: String
        public let dtype: PixelType
        public let nodata: Double
        public let resampling: Resampling
        /// 0 stores without compression.
        public let deflateLevel: Int
        /// Bytes of equal weight side by side before compression.
        public let isShuffled: Bool
        /// A checksum of each chunk.
        public let isChecked: Bool
        /// One run of bytes in the file, neither compressed nor checked: a single chunk as large as the tile.
        public let isContiguous: Bool
        /// Attributes of the variable, as `long_name`.
        public let attributes: [(name: String, value: NetCDFAttribute)]
    }

    public enum Driver: String, Sendable, CaseIterable {
        case netCDF = "NetCDF CF"
        case geoTIFF = "GeoTIFF"
    }

    public let sourceProduct: String
    public let outputProduct: String
    public let description: String?
    /// The metadata type of the tiles' product; nil keeps that of the scenes.
    public let metadataType: String?
    /// The folder below which tiles are written, or the prefix of objects (`s3://bucket/prefix`).
    public let location: String
    /// The bucket of an object store with an address of its own, and that address.
    public let endpoint: (bucket: String, address: String)?
    /// With the fields `{tile_index[0]}`, `{tile_index[1]}`, `{start_time}`, `{end_time}` and `{version}`.
    public let filePathTemplate: String
    /// What `{version}` stands for: `taskfile_version`, else the global attribute `version`, else 0.
    ///
    /// The Open Data Cube takes the second of planning, with which a run could not go on where it stopped.
    public let version: String
    public let globalAttributes: [(name: String, value: NetCDFAttribute)]
    public let driver: Driver
    public let grid: GridSpec
    /// Columns and rows of a chunk.
    public let chunk: XY<Int>
    public let bands: [Band]
    /// Only cells within this box, in the grid's CRS, are made.
    public let bounds: BoundingBox?
    /// True where several datasets of one cell and time may be laid over each other.
    public let fusesData: Bool
    /// The `storage` block as written.
    public let storage: DocumentValue
}

extension IngestionConfig {
    /// Reads a configuration of `datacube ingest`; an error names file, line, key and the nearest known word.
    public init(_ document: SourceDocument) throws(DocumentError) {
        let root = document.root
        try root.allowOnly([
            "source_type", "output_type", "description", "metadata_type", "location", "file_path_template",
            "global_attributes", "storage", "fuse_data", "measurements", "ingestion_bounds", "taskfile_version",
        ])
        sourceProduct = try root.required("source_type").string()
        outputProduct = try root.required("output_type").string()
        description = try root.optional("description")?.string()
        metadataType = try root.optional("metadata_type")?.string()
        filePathTemplate = try Self.template(root.required("file_path_template"))
        let globalAttributes = try Self.attributes(root.optional("global_attributes"))
        self.globalAttributes = globalAttributes
        version =
            try root.optional("taskfile_version")?.string()
            ?? globalAttributes.first { $0.name == "version" }?.value.text ?? "0"
        let storage = try root.required("storage")
        try storage.allowOnly([
            "driver", "bucket", "endpoint", "format", "crs", "tile_size", "resolution", "origin", "chunking",
            "dimension_order",
        ])
        self.storage = storage.value
        (driver, location, endpoint) = try Self.place(storage, try root.required("location"))
        grid = try Self.grid(storage)
        let shape = grid.tileShape
        let chunking = storage.optional("chunking")
        chunk = XY(
            x: try Self.chunk(chunking, "x", "longitude") ?? Swift.min(512, shape.width),
            y: try Self.chunk(chunking, "y", "latitude") ?? Swift.min(512, shape.height)
        )
        var bands: [Band] = []
        for entry in try root.required("measurements").elements() { bands.append(try Band(entry)) }
        guard !bands.isEmpty else { throw try root.required("measurements").failure("lists nothing to ingest") }
        self.bands = bands
        if let fuse = root.optional("fuse_data"), try fuse.string() != "copy" {
            throw fuse.failure("has an unknown value", hint: "The only way to fuse data is 'copy'.")
        }
        fusesData = root.optional("fuse_data") != nil
        bounds = try root.optional("ingestion_bounds").map { box throws(DocumentError) in
            BoundingBox(
                left: try box.required("left").double(),
                bottom: try box.required("bottom").double(),
                right: try box.required("right").double(),
                top: try box.required("top").double()
            )
        }
    }

    /// In which format tiles are written, and where.
    private static func place(
        _ storage: DocumentReader,
        _ location: DocumentReader
    ) throws(DocumentError) -> (Driver, location: String, endpoint: (bucket: String, address: String)?) {
        let (driver, folder) = (try storage.required("driver"), try location.string())
        guard try driver.string() == "s3" else {
            if let entry = storage.optional("format") {
                throw entry.failure("goes with driver: s3 only", hint: "Name the format by 'driver'.")
            }
            let address = try storage.optional("endpoint")?.string()
            let bucket = ObjectStore.isObject(folder) ? ObjectStore.bucket(of: folder) : nil
            return (try driver.choice(Driver.self), folder, bucket.flatMap { name in address.map { (name, $0) } })
        }
        let format = try storage.optional("format")?.choice(Driver.self) ?? .geoTIFF
        let bucket = try storage.required("bucket").string()
        guard !bucket.isEmpty, !bucket.contains("/") else {
            throw try storage.required("bucket").failure("is no name of a bucket", hint: "Write the name alone.")
        }
        var prefix = folder
        if ObjectStore.isObject(folder) {
            guard ObjectStore.bucket(of: folder) == bucket else {
                throw location.failure("names another bucket than storage.bucket ('\(bucket)')")
            }
            prefix = ObjectStore.key(of: folder)
        }
        let parts = prefix.split(separator: "/").map(String.init).filter { $0 != "." }
        let address = try storage.optional("endpoint")?.string()
        return (format, (["s3:/", bucket] + parts).joined(separator: "/"), address.map { (bucket, $0) })
    }

    private static func template(_ reader: DocumentReader) throws(DocumentError) -> String {
        let (text, known) = (
            try reader.string(), ["tile_index[0]", "tile_index[1]", "start_time", "end_time", "version"]
        )
        for field in text.matches(of: #/\{([^}]*)\}/#) where !known.contains(String(field.1)) {
            let hint = "Known: \(known.map { "{\($0)}" }.joined(separator: ", "))."
            throw reader.failure("has the unknown field '{\(field.1)}'", hint: hint)
        }
        return text
    }

    /// The grid of a `storage` block: crs, tile_size and resolution are needed, origin is (0, 0) where it is missing.
    static func grid(_ storage: DocumentReader) throws(DocumentError) -> GridSpec {
        let (size, resolution) = (try storage.required("tile_size"), try storage.required("resolution"))
        let origin = storage.optional("origin")
        let spec = GridSpec(
            crs: CRS(try storage.required("crs").string()),
            tileSize: try pair(size),
            resolution: try pair(resolution),
            origin: try origin.map { reader throws(DocumentError) in try pair(reader) } ?? Point(x: 0, y: 0)
        )
        guard spec.tileSize.x > 0, spec.tileSize.y > 0 else { throw size.failure("must be positive") }
        guard spec.resolution.x != 0, spec.resolution.y != 0 else { throw resolution.failure("cannot be 0") }
        for (name, size, step) in [
            ("x", spec.tileSize.x, spec.resolution.x), ("y", spec.tileSize.y, spec.resolution.y),
        ] {
            let pixels = size / abs(step)
            guard abs(pixels - pixels.rounded()) < 1e-6 else {
                let hint = "Cells would leave gaps: choose a multiple of the resolution."
                throw storage.failure("has a tile_size.\(name) of \(pixels) pixels", hint: hint)
            }
        }
        return spec
    }

    private static func pair(_ reader: DocumentReader) throws(DocumentError) -> XY<Double> {
        if let longitude = reader.optional("longitude") {
            return XY(x: try longitude.double(), y: try reader.required("latitude").double())
        }
        return XY(x: try reader.required("x").double(), y: try reader.required("y").double())
    }

    private static func chunk(_ reader: DocumentReader?, _ names: String...) throws(DocumentError) -> Int? {
        for name in names {
            guard let entry = reader?.optional(name) else { continue }
            let size = try entry.integer()
            guard size > 0 else { throw entry.failure("must be positive") }
            return size
        }
        return nil
    }

    /// Texts, numbers and lists of these, each in its own type, as Python's netCDF4 writes them.
    fileprivate static func attributes(
        _ reader: DocumentReader?
    ) throws(DocumentError) -> [(name: String, value: NetCDFAttribute)] {
        var attributes: [(name: String, value: NetCDFAttribute)] = []
        for entry in try reader?.entries() ?? [] { attributes.append((entry.key, try attribute(entry.reader))) }
        return attributes
    }

    private static func attribute(_ reader: DocumentReader) throws(DocumentError) -> NetCDFAttribute {
        let elements = reader.value.array == nil ? [reader] : try reader.elements()
        var (integers, doubles, texts): ([Int64], [Double], [String]) = ([], [], [])
        for element in elements {
            switch element.value {
            case .string(let text): texts.append(text)
            case .integer(let number):
                integers.append(Int64(number))
                doubles.append(Double(number))
                texts.append("\(number)")
            case .double(let number):
                doubles.append(number)
                texts.append("\(number)")
            case let other: throw element.failure("must be text, a number or a list of these, not \(other.kind)")
            }
        }
        if texts.isEmpty { return "" }
        if integers.count == texts.count { return .integers(integers) }
        if doubles.count == texts.count { return .doubles(doubles) }
        return texts.count == 1 ? .text(texts[0]) : .texts(texts)
    }
}

extension IngestionConfig.Band {
    fileprivate init(_ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly([
            "name", "src_varname", "dtype", "nodata", "resampling_method", "zlib", "complevel", "shuffle", "fletcher32",
            "contiguous", "attrs", "units", "flags_definition",
        ])
        name = try reader.required("name").string()
        sourceName = try reader.optional("src_varname")?.string() ?? name
        dtype = try reader.required("dtype").choice(PixelType.self)
        nodata = try reader.required("nodata").double()
        let method = reader.optional("resampling_method")
        guard let resampling = Resampling(name: try method?.string() ?? "nearest") else {
            let known = Resampling.names.joined(separator: ", ")
            throw (method ?? reader).failure("is no resampling that GDAL knows", hint: "Known: \(known).")
        }
        self.resampling = resampling
        let isCompressed = try reader.optional("zlib")?.bool() ?? true
        let level = try reader.optional("complevel")?.integer() ?? 4
        guard (0...9).contains(level) else {
            throw try reader.required("complevel").failure("must lie within 0 and 9")
        }
        let isContiguous = try reader.optional("contiguous")?.bool() ?? false
        for key in ["zlib", "fletcher32", "shuffle"] where isContiguous {
            guard let entry = reader.optional(key), try entry.bool() else { continue }
            throw entry.failure(
                "cannot be true beside contiguous: true",
                hint: "HDF5 compresses and checks chunks only. Leave out 'contiguous'."
            )
        }
        self.isContiguous = isContiguous
        deflateLevel = isCompressed && !isContiguous ? level : 0
        isShuffled = try reader.optional("shuffle")?.bool() ?? !isContiguous
        isChecked = try reader.optional("fletcher32")?.bool() ?? !isContiguous
        attributes = try IngestionConfig.attributes(reader.optional("attrs"))
    }
}
