public import Documents
public import Geo
import Raster

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
        /// Text attributes of the variable, as `long_name`.
        public let attributes: [(name: String, value: String)]
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
    /// The folder below which tiles are written.
    public let location: String
    /// With the fields `{tile_index[0]}`, `{tile_index[1]}`, `{start_time}`, `{end_time}` and `{version}`.
    public let filePathTemplate: String
    /// What `{version}` stands for: `taskfile_version`, else the global attribute `version`, else 0.
    ///
    /// The Open Data Cube takes the second of planning, with which a run could not go on where it stopped.
    public let version: String
    public let globalAttributes: [(name: String, value: String)]
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
        location = try root.required("location").string()
        filePathTemplate = try Self.template(root.required("file_path_template"))
        let globalAttributes = try Self.texts(root.optional("global_attributes"))
        self.globalAttributes = globalAttributes
        version =
            try root.optional("taskfile_version")?.string()
            ?? globalAttributes.first { $0.name == "version" }?.value ?? "0"
        let storage = try root.required("storage")
        try storage.allowOnly([
            "driver", "bucket", "crs", "tile_size", "resolution", "origin", "chunking", "dimension_order",
        ])
        self.storage = storage.value
        driver = try storage.required("driver").choice(Driver.self)
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

    fileprivate static func texts(_ reader: DocumentReader?) throws(DocumentError) -> [(name: String, value: String)] {
        var texts: [(String, String)] = []
        for entry in try reader?.entries() ?? [] where entry.reader.value.array == nil {
            texts.append((entry.key, try entry.reader.string()))
        }
        return texts
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
        let attributes = try IngestionConfig.texts(reader.optional("attrs"))
        self.attributes = attributes
    }
}
