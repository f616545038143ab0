@testable import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster
import Testing

@testable import Ingest

/// Every document in `config-templates` can be used as it stands.
@Suite struct TemplatesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("config-templates").path

    static func files(_ kind: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(kind)")) ?? []).filter {
            $0.hasSuffix(".yaml")
        }
        .sorted()
    }

    private static func text(_ kind: String, _ file: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(kind)/\(file)", encoding: .utf8)
            .replacing("{{ingestion_path}}", with: "/tiles").replacing("{{driver}}", with: "NetCDF CF")
            .replacing("{{bucket}}", with: "")
    }

    private static func products() throws -> [String: DocumentValue] {
        var products: [String: DocumentValue] = [:]
        for file in files("indexing") {
            let value = try YAML.parse(text("indexing", file), origin: file)[0].value
            products[value["name"]?.string ?? file] = value
        }
        return products
    }

    @Test(arguments: files("indexing")) func `a product's template is a product`(file: String) throws {
        let documents = try YAML.parse(Self.text("indexing", file), origin: file)
        #expect(documents.count == 1)
        try DefinitionCheck.product(documents[0].root)
        let names = documents[0].value["measurements"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(!names.isEmpty)
        #expect(Set(names).count == names.count)
    }

    @Test func `every reader's product has a template`() throws {
        let products = try Self.products()
        // Their measurements are those of the files.
        let free: Set = ["geotiff", "netcdf_cf", "stac"]
        for reader in SceneReaders.all where !free.contains(reader.name) {
            #expect(products[reader.product] != nil, "\(reader.name) has no template of \(reader.product)")
        }
        for name in [
            "ls4_espa_scene", "ls5_espa_scene", "ls7_espa_scene", "landsat_c2_l1", "landsat_c2_st", "elevation",
        ] {
            #expect(products[name] != nil)
        }
    }

    @Test(arguments: files("ingestion")) func `an ingestion's template fits its product and its grid`(
        file: String
    ) throws {
        let document = try YAML.parse(Self.text("ingestion", file), origin: file)[0]
        let config = try IngestionConfig(document)
        #expect(config.outputProduct + ".yaml" == file)
        let products = try Self.products()
        let product = try #require(products[config.sourceProduct], "no product \(config.sourceProduct)")
        let known = product["measurements"]?.array?.compactMap { $0["name"]?.string } ?? []
        for band in config.bands { #expect(known.contains(band.sourceName), "\(file): \(band.sourceName)") }
        // Cells hold whole pixels: antares3's bioclimatics left gaps.
        let pixels = config.grid.tileSize.x / config.grid.resolution.x
        #expect(abs(pixels - pixels.rounded()) < 1e-9)
        _ = try CRSDescription.of(config.grid.crs)
    }

    @Test func `MAD-Mex's grid has its exact ellipsoid`() throws {
        let document = try YAML.parse(Self.text("ingestion", "ls8_espa_madmex.yaml"), origin: "test")[0]
        let grid = try IngestionConfig(document).grid
        let crs = try CRSDescription.of(grid.crs)
        #expect(crs.semiMajorAxis == 6_378_137)
        #expect(abs(crs.inverseFlattening - 6_556_752.3141) < 1)
        // The comment beside its origin in antares3: longitude -118.21, latitude 33.02.
        let corner = try CoordinateTransform(from: grid.crs, to: .wgs84).apply([grid.origin])[0]
        #expect(abs(corner.x - -118.21) < 0.01)
        #expect(abs(corner.y - 33.02) < 0.01)
        // LS8_espa_14_-15 is a tile of Mexico.
        let box = grid.bounds(of: TileIndex(x: 14, y: -15))
        #expect(box.left == 977_160 + 14 * 100_020)
        #expect(box.bottom == 2_426_720 - 15 * 100_020)
        #expect(grid.tileShape.width == 3334)
    }
}
