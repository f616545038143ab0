import Documents
import Foundation
import Geo
import Raster
import Simulation
import TestSupport
import Testing

@testable import Ingest

@Suite struct SimulatedScenesTests {
    private func simulate(
        _ change: (inout SimulationPlan) -> Void = { _ in }
    ) async throws -> (TemporaryFolder, SimulationResult) {
        let folder = try TemporaryFolder()
        var plan = SimulationPlan(
            center: Point(x: -103.4, y: 20.6),
            tileSize: 1_200,
            tileCount: 1,
            dates: [try #require(Timestamp.parse("2017-03-15"))],
            resolutions: [10, 20],
            pointsPerClass: 2,
            writesElevation: true
        )
        change(&plan)
        return (folder, try await simulateScenes(plan, into: folder.path))
    }

    /// The product of a template in `config-templates/indexing`.
    private func template(_ name: String) throws -> DocumentValue {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("config-templates/indexing/\(name).yaml").path
        return try #require(try YAML.parse(file: path).first?.value)
    }

    /// True where every value of `part` stands at the same place in `whole`.
    private func isPart(_ part: DocumentValue, of whole: DocumentValue?) -> Bool {
        guard case .object(let object) = part else { return part == whole }
        return object.allSatisfy { isPart($0.value, of: whole?[$0.key]) }
    }

    private func check(_ document: DocumentValue, against name: String) throws {
        let product = try template(name)
        #expect(product["metadata_type"] == "eo3")
        #expect(isPart(try #require(product["metadata"]), of: document))
        for measurement in try #require(product["measurements"]?.array) {
            let name = try #require(measurement["name"]?.string)
            let own = try #require(document.at("measurements", name), "no measurement \(name)")
            let path = try #require(own["path"]?.string)
            let file = try RasterFile(opening: path)
            let type = file.pixelType(band: 1)
            #expect(path.hasPrefix("/"))
            // The classification is a byte in its file and uint16 in antares3's product.
            #expect(measurement["dtype"]?.string == type?.rawValue || name == "pixel_qa")
            let grid = try #require(document.at("grids", own["grid"]?.string ?? "default", "shape"))
            #expect(grid == [.integer(file.height), .integer(file.width)])
        }
    }

    @Test(arguments: ["jp2", "tif"]) func `sentinel-2 documents fit their products`(format: String) async throws {
        let (_, result) = try await simulate { $0.format = format == "jp2" ? .jp2 : .tif }
        let scene = result.scenes[0]
        let document = try Sentinel2L2A20m().only(scene.path, options: .init())
        try check(document, against: "s2_l2a_20m_granule")
        #expect(document.at("properties", "datetime")?.string == Timestamp.iso(scene.time))
        #expect(document.at("properties", "odc:file_format") == (format == "jp2" ? "JPEG2000" : "GeoTIFF"))
        #expect(document.at("measurements", "nir", "path")?.string?.contains("B8A_20m") == true)
        let fine = try Sentinel2L2A10m().only(scene.path, options: .init())
        try check(fine, against: "s2_l2a_10m_granule")
        #expect(fine.at("measurements", "pixel_qa", "grid") == "g20m")
        #expect(fine.at("grids", "default", "shape") == [120, 120])
    }

    @Test func `landsat and elevation documents fit their products`() async throws {
        let (_, result) = try await simulate { $0.sensor = .landsat }
        let landsat = try LandsatCollection2().only(result.scenes[0].path, options: .init())
        try check(landsat, against: "landsat_c2_l2")
        #expect(landsat.at("properties", "datetime")?.string == Timestamp.iso(result.scenes[0].time))
        let terrain = try SRTMMosaic().only(try #require(result.elevationFolder), options: .init())
        try check(terrain, against: "srtm_cgiar")
        #expect(terrain.at("properties", "dtr:start_datetime") == "2000-02-11T00:00:00Z")
        #expect(terrain["crs"] == "epsg:4326")
    }

    @Test func `the granule's own folder gives the same dataset`() async throws {
        let (_, result) = try await simulate { $0.baseline = "05.09" }
        let safe = result.scenes[0].path
        let granule = try #require(try FileManager.default.contentsOfDirectory(atPath: "\(safe)/GRANULE").first)
        let document = try Sentinel2L2A20m().only(safe, options: .init())
        #expect(try Sentinel2L2A20m().only("\(safe)/GRANULE/\(granule)", options: .init()) == document)
        #expect(document.at("properties", "antares:scaling", "red", "add_offset") == -0.1)
    }

    /// What is done to a scene, and what the message must then say.
    enum Damage: CaseIterable {
        case missingBand, cutBand, emptyBand, missingTileXML, missingProductXML, cutXML, wrongSize

        var message: String {
            switch self {
            case .missingBand: "*_B05_20m.jp2' is missing. Fetch the scene again"
            case .cutBand: "_B05_20m.jp2' is cut off"
            case .emptyBand: "_B05_20m.jp2' is empty"
            case .missingTileXML: "MTD_TL.xml' is missing"
            case .missingProductXML: "MTD_MSIL2A.xml' is missing"
            case .cutXML: "MTD_TL.xml' is no valid XML. It may be cut off"
            case .wrongSize: "has 120 x 120 pixels where the metadata at 20 m says 60 x 60"
            }
        }
    }

    @Test(arguments: Damage.allCases) func `damage to a scene is named with the file`(damage: Damage) async throws {
        let (folder, result) = try await simulate()
        let files = folder.files().map { "\(folder.path)/\($0)" }
        func find(_ end: String) throws -> String { try #require(files.first { $0.hasSuffix(end) }) }
        let manager = FileManager.default
        func cut(_ path: String, to share: Double) throws {
            let data = try #require(manager.contents(atPath: path))
            try data.prefix(Int(Double(data.count) * share)).write(to: URL(fileURLWithPath: path))
        }
        switch damage {
        case .missingBand: try manager.removeItem(atPath: find("B05_20m.jp2"))
        case .cutBand: try cut(find("B05_20m.jp2"), to: 0.9)
        case .emptyBand: try cut(find("B05_20m.jp2"), to: 0)
        case .missingTileXML: try manager.removeItem(atPath: find("MTD_TL.xml"))
        case .missingProductXML: try manager.removeItem(atPath: find("MTD_MSIL2A.xml"))
        case .cutXML: try cut(find("MTD_TL.xml"), to: 0.5)
        case .wrongSize:
            let coarse = try find("B05_20m.jp2")
            try manager.removeItem(atPath: coarse)
            try manager.copyItem(atPath: find("B03_10m.jp2"), toPath: coarse)
        }
        let error = #expect(throws: SceneError.self) {
            try Sentinel2L2A20m().prepare(result.scenes[0].path, options: .init())
        }
        #expect(error?.description.contains(damage.message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [0.3, 0.97]) func `a GeoTIFF that is cut off is noticed`(share: Double) async throws {
        let (folder, result) = try await simulate { $0.format = .tif }
        let path = "\(folder.path)/\(try #require(folder.files().first { $0.hasSuffix("B11_20m.tif") }))"
        let data = try #require(FileManager.default.contents(atPath: path))
        try data.prefix(Int(Double(data.count) * share)).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SceneError.self) {
            try Sentinel2L2A20m().prepare(result.scenes[0].path, options: .init())
        }
        #expect(error?.description.contains("B11_20m.tif' cannot be read") == true)
    }
}
