import Documents
import Foundation
import Geo
import Ingest
import Simulation
import TestSupport
import Testing

@testable import Workflows

@Suite struct PrepareMetadataTests {
    private func scenes() async throws -> (folder: TemporaryFolder, result: SimulationResult) {
        let folder = try TemporaryFolder()
        let plan = SimulationPlan(
            center: Point(x: -103.4, y: 20.6),
            tileSize: 1_200,
            dates: SimulationPlan.dates(
                from: try #require(Timestamp.parse("2017-01-15")),
                to: try #require(Timestamp.parse("2017-11-15")),
                count: 2
            ),
            resolutions: [20],
            pointsPerClass: 2
        )
        return (folder, try await simulateScenes(plan, into: folder.path))
    }

    @Test func `one bad scene does not stop the others`() async throws {
        let (folder, result) = try await scenes()
        let bad = result.scenes[1].path
        try FileManager.default.removeItem(atPath: "\(bad)/MTD_MSIL2A.xml")
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/scenes/notes",
            withIntermediateDirectories: true
        )
        let outfile = "\(folder.path)/out/s2.yaml"
        let request = MetadataRequest(paths: ["\(folder.path)/scenes"], dataset: "s2_l2a_20m", outfile: outfile)
        let summary = try await prepareMetadata(request)
        #expect(summary.scenes.count == 3)
        #expect(summary.failures.map(\.scene) == [bad, "\(folder.path)/scenes/notes"])
        #expect(summary.failures[0].reason.contains("MTD_MSIL2A.xml' is missing"))
        #expect(summary.failures[1].reason.contains("is no scene of s2_l2a_20m"))
        let documents = try YAML.parse(file: outfile).map(\.value)
        #expect(documents.count == 3)
        // In the order of the scenes' names, whatever the order in which they were read.
        let labels = documents.compactMap { $0["label"]?.string }
        #expect(labels == summary.scenes.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent })
        #expect(labels == labels.sorted())
        #expect(Set(documents.compactMap { $0["id"]?.string }).count == 3)
    }

    @Test func `a pattern picks scenes, and a scene can be given itself`() async throws {
        let (folder, result) = try await scenes()
        var request = MetadataRequest(
            paths: ["\(folder.path)/scenes"],
            dataset: "s2_l2a_20m",
            outfile: "\(folder.path)/a.yaml"
        )
        request.pattern = "_20170115T"
        #expect(try await prepareMetadata(request).scenes.count == 2)
        request.paths = [result.scenes[3].path]
        request.pattern = nil
        request.options.identity = .path
        #expect(try await prepareMetadata(request).scenes == [result.scenes[3].path])
        let document = try #require(try YAML.parse(file: "\(folder.path)/a.yaml").first?.value)
        let id = NameUUID.make(namespace: NameUUID.urlNamespace, name: result.scenes[3].path)
        #expect(document["id"]?.string == NameUUID.text(id))
    }

    @Test func `requests that cannot be met say why`() async throws {
        let folder = try TemporaryFolder()
        var request = MetadataRequest(paths: [folder.path], dataset: "s2_l2a_20", outfile: "\(folder.path)/a.yaml")
        var error = await #expect(throws: MetadataRequestError.self) { try await prepareMetadata(request) }
        #expect(error?.description.contains("Did you mean 's2_l2a_20m'?") == true)
        request.dataset = "landsat_c2"
        error = await #expect(throws: MetadataRequestError.self) { try await prepareMetadata(request) }
        #expect(
            error?.description.contains("holds no folder, and is no scene. A scene is a folder with *_MTL.txt") == true
        )
        request.paths = ["/nowhere/at/all"]
        error = await #expect(throws: MetadataRequestError.self) { try await prepareMetadata(request) }
        #expect(error?.kind == .noInput)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/a.yaml"))
    }
}
