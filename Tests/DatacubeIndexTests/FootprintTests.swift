import DatacubeIndex
import Documents
import Foundation
import Geo
import Postgres
import TestSupport
import Testing

/// Searches by geometry over the table of footprints.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct FootprintTests {
    private func add(_ index: Index, _ number: Int, crs: String, corner: (x: Double, y: Double), size: Int) async throws
    {
        let text = Samples.scene(id: "6d4894ed-3368-47cb-a8f4-00000000000\(number)", corner: corner)
            .replacing("EPSG:32613", with: crs).replacing("[200, 100]", with: "[\(size), \(size)]")
        try await index.addDataset(try Samples.document(text), location: "file:///\(number)")
    }

    private func found(_ index: Index, _ area: SearchArea) async throws -> [Int] {
        var query = DatasetQuery(product: "ls_demo")
        query.area = area
        return try await index.datasets(matching: query).compactMap { Int($0.idText.suffix(1)) }.sorted()
    }

    @Test func `datasets are found by shape, across the date line and around the pole`() async throws {
        let index = try await Samples.makeIndex()
        // UTM zone 13: 104.04 W to 103.75 W, 20.5 N to 20.8 N (gdaltransform).
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        #expect(try await index.makeFootprints().footprints == 1)
        // From here on the trigger keeps the table. UTM zone 60 from 179.9 E over the date line.
        try await add(index, 2, crs: "EPSG:32660", corner: (805000, 2300000), size: 1000)
        // 600 km around the south pole: beyond 87.3 S in every longitude.
        try await add(index, 3, crs: "EPSG:3031", corner: (-300000, 300000), size: 20000)
        #expect(try await found(index, SearchArea("POINT (-104 20.7)")) == [1])
        #expect(try await found(index, SearchArea("POINT (-103 20.7)")).isEmpty)
        #expect(try await found(index, SearchArea("POINT (-179.95 20.7)")) == [2])
        #expect(try await found(index, SearchArea("POINT (179.97 20.7)")) == [2])
        #expect(try await found(index, SearchArea("POINT (0 20.7)")).isEmpty)
        for longitude in [-180, -91, 0, 45, 179] {
            #expect(try await found(index, SearchArea("POINT (\(longitude) -89)")) == [3])
        }
        #expect(try await found(index, SearchArea("POINT (10 -86)")).isEmpty)
        let world = BoundingBox(left: -180, bottom: -90, right: 180, top: 90)
        #expect(try await found(index, SearchArea(world)) == [1, 2, 3])
        let north = BoundingBox(left: -180, bottom: 0, right: 180, top: 90)
        #expect(try await found(index, SearchArea(north)) == [1, 2])
        let crossing =
            #"{"type": "Polygon", "coordinates": [[[179.5, 20], [180.5, 20], [180.5, 21], [179.5, 21], [179.5, 20]]]}"#
        #expect(try await found(index, SearchArea(crossing)) == [2])
        let metres = BoundingBox(left: 600100, bottom: 2290000, right: 600200, top: 2290100)
        #expect(try await found(index, SearchArea(metres, crs: CRS("EPSG:32613"))) == [1])
        await #expect(throws: IndexError.self) { try await self.found(index, SearchArea("POLYGON ((1 2")) }
    }

    @Test func `a document without shape is indexed and named`() async throws {
        let index = try await Samples.makeIndex()
        let report = try await index.makeFootprints()
        #expect(report.footprints == 0)
        let text = Samples.scene().replacing("$schema: https://schemas.opendatacube.org/dataset\n", with: "")
        try await index.addDataset(try Samples.document(text), location: "file:///1")
        let after = try await index.makeFootprints(rebuild: true)
        #expect(after.missing == 1)
        #expect(after.problems.first?.reason == "the document has no geometry, corners or extent")
        #expect(try await index.datasets(matching: DatasetQuery(product: "ls_demo")).count == 1)
    }

    @Test func `without the table the error says how to make it`() async throws {
        let index = try await Samples.makeIndex()
        do {
            _ = try await found(index, SearchArea("POINT (0 0)"))
            Issue.record("nothing was thrown")
        } catch let error as IndexError {
            #expect(error.description.contains("antares index footprints"))
        }
    }

    @Test(.enabled(if: TestPython.isAvailable)) func `what Python adds, changes and purges is followed`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        let file = try TemporaryFolder().write(Samples.scene(), to: "a.yaml")
        let added = try TestPython.datacube(["dataset", "add", file], database: index.settings)
        #expect(added.status == 0, "\(added.errors)")
        #expect(try await found(index, SearchArea("POINT (-104.02 20.78)")) == [1])
        let moved = Samples.scene(corner: (700000, 2300000))
        try moved.write(toFile: file, atomically: true, encoding: .utf8)
        let keys = ["extent", "grids", "grid_spatial"].flatMap { ["--allow-any", $0] }
        let updated = try TestPython.datacube(["dataset", "update", file] + keys, database: index.settings)
        #expect(updated.output.contains("1 successful"), "\(updated.output)")
        #expect(try await found(index, SearchArea("POINT (-104.02 20.78)")).isEmpty)
        #expect(try await found(index, SearchArea("POINT (-103.07 20.77)")) == [1])
        let id = "6d4894ed-3368-47cb-a8f4-000000000001"
        _ = try TestPython.datacube(["dataset", "archive", id], database: index.settings)
        #expect(try TestPython.datacube(["dataset", "purge", id], database: index.settings).status == 0)
        #expect(try await index.makeFootprints().footprints == 0)
    }
}
