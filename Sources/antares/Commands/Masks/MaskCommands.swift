import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Geo
import Workflows

/// `make_country_mask`: tiles of 1 within a country and 0 outside.
struct MakeCountryMaskCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "make_country_mask",
        abstract: "Write a country as tiles of 1 (inside) and 0 (outside).",
        discussion: """
            Tiles are land_mask_tile_<n>.tif in longitude and latitude, or, with --product, the cells of that product's \
            grid. Index them by `antares index --dataset_name country_mask PATH`.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: .init("Code of the country, or name of a region, as `antares init -c` knows it.", valueName: "name"))
    var country: String
    @OptionGroup var grid: MaskGridOptions
    @Option(name: .shortAndLong, help: .init("Folder to write to.", valueName: "folder"), completion: .directory)
    var path: String

    func run() async throws {
        let services = try common.makeServices()
        let area = try await BorderStore(try await services.ownConnection()).area(named: country)
        let shapes = [RasterTiles.Shape(polygon: area.border, value: 1)]
        guard let extent = RasterTiles.extent(of: shapes) else {
            throw CommandFailure(.noInput, "'\(country)' has no border. Run antares init -c \(country) again.")
        }
        // antares3's option is in metres, its tiles are in degrees.
        let layout = try await grid.layout(extent, crs: .wgs84, metresADegree: 110_000, services)
        let tiles = RasterTiles(shapes: shapes, layout: layout, folder: path, prefix: "land_mask_tile")
        try grid.run(tiles, common)
    }
}

/// `rasterize_vector_file`: the polygons of a file as tiles.
struct RasterizeVectorFileCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "rasterize_vector_file",
        abstract: "Write the polygons of a vector file as tiles.",
        discussion: """
            Tiles are <prefix>_<n>.tif in the CRS of --proj, or, with --product, the cells of that product's grid. A pixel \
            belongs to a polygon where its centre lies within.
            """
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "Vector file of any format that GDAL reads.", completion: .file())
    var file: String
    @Option(help: .init("CRS of the tiles: EPSG code, WKT or PROJ text (EPSG:4326).", valueName: "crs"))
    var proj: String?
    @Option(help: .init("Only as far as this country or region reaches.", valueName: "name"))
    var country: String?
    @OptionGroup var grid: MaskGridOptions
    @Option(name: .shortAndLong, help: .init("Folder to write to.", valueName: "folder"), completion: .directory)
    var path: String
    @Option(help: .init("Field of whole numbers to write; 1 where none is named.", valueName: "name"))
    var field: String?
    @Option(help: .init("What the files' names begin with.", valueName: "text"))
    var prefix: String

    func run() async throws {
        let services = try common.makeServices()
        let shapes = try RasterTiles.shapes(of: file, field: field)
        var extent = RasterTiles.extent(of: shapes)
        if let country {
            extent = try await BorderStore(try await services.ownConnection()).area(named: country).border.bounds
        }
        guard let extent else { throw CommandFailure(.noInput, "'\(file)' holds no polygons.") }
        let layout = try await grid.layout(extent, crs: proj.map { CRS($0) } ?? .wgs84, metresADegree: 1, services)
        try grid.run(RasterTiles(shapes: shapes, layout: layout, folder: path, prefix: prefix), common)
    }
}

/// The grid of tiles.
struct MaskGridOptions: ParsableArguments {
    @Option(
        name: [.customLong("res"), .customLong("resolution")],
        help: .init("Size of a pixel: metres of a country mask, else units of the CRS.", valueName: "size")
    )
    var resolution: Double?
    @Option(
        name: [.customLong("tile"), .customLong("tile_size")],
        help: .init("Rows and columns of a tile.", valueName: "px")
    )
    var tileSize: Int?
    @Option(help: .init("Product whose grid the tiles follow, instead of --res and --tile.", valueName: "name"))
    var product: String?
    @Option(
        name: .shortAndLong,
        help: .init("Accepted for old command lines; tiles are written to --path.", visibility: .hidden)
    )
    var bucket: String?

    func validate() throws {
        guard product == nil else { return }
        guard let resolution, resolution > 0 else { throw ValidationError("--res is needed: the size of a pixel.") }
        guard let tileSize, (1...100_000).contains(tileSize) else {
            throw ValidationError("--tile is needed: rows and columns of a tile, 1 to 100000.")
        }
        if bucket != nil { throw ValidationError("Tiles are not written to buckets: give a folder by --path.") }
    }

    func layout(
        _ extent: BoundingBox,
        crs: CRS,
        metresADegree: Double,
        _ services: Services
    ) async throws -> RasterTiles.Layout {
        if let product {
            let known = try await services.index().product(named: product)
            guard let grid = known.gridSpec else {
                throw CommandFailure(
                    .noInput,
                    "product '\(product)' has no grid of its own. Name an ingested product, or give --res and --tile."
                )
            }
            return .product(grid, extent)
        }
        let size = (resolution ?? 1) / metresADegree
        let box = try RasterTiles.extent(extent, in: crs)
        return .extent(box, crs: crs, resolution: size, pixels: tileSize ?? 1)
    }

    func run(_ tiles: RasterTiles, _ common: CommonOptions) throws {
        var progress: ProgressReporter?
        let written = try tiles.write { done, total in
            progress = progress ?? common.makeProgress("tiles", total: total)
            progress?.update(to: done)
        }
        progress?.finish()
        try common.emit(written) {
            "\(written.count) tiles written to \(tiles.folder), \(written.count { $0.covered > 0 }) with polygons"
        }
    }
}
