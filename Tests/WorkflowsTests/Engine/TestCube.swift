import DatacubeIndex
import Documents
import Foundation
import Geo
import Logging
import Raster
import TestSupport
import Workflows

/// A cube in memory with scenes that a test makes from numbers.
struct TestCube {
    let folder: TemporaryFolder
    let index = MemoryIndex()

    init() async throws {
        folder = try TemporaryFolder()
        try await index.addProduct(SourceDocument(origin: "test", value: Self.scenes))
    }

    static let scenes: DocumentValue = [
        "name": "scenes", "description": "test scenes", "metadata_type": "eo3",
        "metadata": ["product": ["name": "scenes"]],
        "measurements": [
            ["name": "red", "dtype": "uint16", "nodata": 0, "units": "1", "scale_factor": 0.0001],
            ["name": "nir", "dtype": "uint16", "nodata": 0, "units": "1", "scale_factor": 0.0001],
            [
                "name": "qa", "dtype": "uint8", "nodata": 0, "units": "1",
                "flags_definition": [
                    "scl": ["bits": [0, 1, 2, 3], "values": ["4": "vegetation", "6": "water", "9": "cloud_high"]]
                ],
            ],
        ],
    ]

    /// The pixels of one scene, each band row-major on `grid`.
    struct Scene {
        var id = UUID()
        var time: String
        var grid: GeoBox
        var red: [UInt16]
        var nir: [UInt16]
        var qa: [UInt8]
        var addOffset: Double?
    }

    /// Writes a scene's files and indexes it.
    func add(_ scene: Scene) async throws {
        let name = scene.id.uuidString
        func path(_ band: String) -> String { folder.path("\(name)_\(band).tif") }
        try RasterOutput.write(bands: [scene.red], on: scene.grid, to: path("red"), format: .geoTIFF)
        try RasterOutput.write(bands: [scene.nir], on: scene.grid, to: path("nir"), format: .geoTIFF)
        try RasterOutput.write(bands: [scene.qa], on: scene.grid, to: path("qa"), format: .geoTIFF)
        let bounds = try CoordinateTransform(from: scene.grid.crs, to: .wgs84).apply(scene.grid.bounds)
        func measurement(_ band: String) -> DocumentValue {
            var entry = DocumentObject([(key: "path", value: .string(path(band)))])
            if let offset = scene.addOffset, band != "qa" {
                entry["scale_factor"] = 0.0001
                entry["add_offset"] = .double(offset)
            }
            return .object(entry)
        }
        let document: DocumentValue = [
            "$schema": .string(EO3.schema), "id": .string(name.lowercased()),
            "product": ["name": "scenes"], "crs": .string(scene.grid.crs.definition),
            "grids": [
                "default": [
                    "shape": [.integer(scene.grid.height), .integer(scene.grid.width)],
                    "transform": .array(scene.grid.affine.rowMajor.map { .double($0) }),
                ]
            ],
            "properties": [
                "datetime": .string(scene.time), "odc:file_format": "GeoTIFF",
                "odc:processing_datetime": .string(scene.time), "eo:platform": "sentinel-2a",
            ],
            "measurements": ["red": measurement("red"), "nir": measurement("nir"), "qa": measurement("qa")],
            "extent": [
                "lon": ["begin": .double(bounds?.left ?? 0), "end": .double(bounds?.right ?? 0)],
                "lat": ["begin": .double(bounds?.bottom ?? 0), "end": .double(bounds?.top ?? 0)],
            ],
        ]
        try await index.addDataset(
            SourceDocument(origin: "test", value: document),
            location: URL(fileURLWithPath: folder.path("\(name).yaml")).absoluteString
        )
    }

    /// An ingestion configuration as `datacube ingest` reads it.
    func config(
        output: String = "tiles",
        crs: String = "EPSG:32613",
        tileSize: Double = 1000,
        resolution: Double = 20,
        driver: String = "NetCDF CF",
        resampling: String = "nearest",
        changes: (String) -> String = { $0 }
    ) throws -> SourceDocument {
        func band(_ name: String, _ type: String) -> String {
            "  - {name: \(name), src_varname: \(name), dtype: \(type), nodata: 0, resampling_method: \(resampling), zlib: true}"
        }
        let text = """
            source_type: scenes
            output_type: \(output)
            description: test tiles
            location: \(folder.path("tiles"))
            file_path_template: "t_{tile_index[0]}_{tile_index[1]}_{start_time}.nc"
            global_attributes: {title: test}
            storage:
              driver: \(driver)
              crs: \(crs)
              tile_size: {x: \(tileSize), y: \(tileSize)}
              resolution: {x: \(resolution), y: -\(resolution)}
              origin: {x: 0.0, y: 0.0}
              chunking: {x: 16, y: 16, time: 1}
              dimension_order: [time, y, x]
            fuse_data: copy
            measurements:
            \([band("red", "uint16"), band("nir", "uint16"), band("qa", "uint8")].joined(separator: "\n"))
            """
        guard let document = try YAML.parse(changes(text), origin: "config.yaml").first else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return document
    }

    func ingest(_ config: SourceDocument, options: RunOptions = RunOptions(jobs: 2)) async throws -> RunSummary {
        try await Ingestion(config, software: "antares test")
            .run(on: index, options: options, log: Logger(label: "test")) { _, _ in }
    }

    func apply(
        _ recipe: String,
        begin: String = "2017-01-01",
        end: String = "2017-12-31",
        name: String = "features",
        reference: RecipeReference? = nil,
        options: RunOptions = RunOptions(jobs: 2)
    ) async throws -> RunSummary {
        guard let document = try YAML.parse(recipe, origin: "recipe.yaml").first,
            let first = TimeRange(period: begin), let last = TimeRange(period: end)
        else { throw CocoaError(.fileReadCorruptFile) }
        let world = MultiPolygon(BoundingBox(left: -105, bottom: 19, right: -103, top: 22))
        var application = try RecipeApplication(
            recipe: document,
            time: TimeRange(begin: first.begin, end: last.end),
            region: RecipeApplication.Region(name: "test", polygon: world),
            productName: name,
            location: folder.path("out"),
            software: "antares test"
        )
        application.reference = reference
        return try await application.run(on: index, options: options, log: Logger(label: "test")) { _, _ in }
    }

    func datasets(_ product: String) async throws -> [Dataset] {
        await index.datasets(matching: DatasetQuery(product: product))
    }
}

/// A grid of 20 m pixels in UTM zone 13 whose corner lies in cell (600, 2299) of a 1 km grid.
func utmGrid(column: Int = 0, row: Int = 0, width: Int = 60, height: Int = 40) -> GeoBox {
    GeoBox(
        crs: CRS("EPSG:32613"),
        affine: Affine(
            origin: Point(x: 600_200 + Double(column) * 20, y: 2_299_900 - Double(row) * 20),
            resolution: XY(x: 20, y: -20)
        ),
        width: width,
        height: height
    )
}
