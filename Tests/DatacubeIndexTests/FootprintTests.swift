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

    @Test func `boxes ask for footprints, and for nothing but longitudes and latitudes where there is none`()
        async throws
    {
        let index = try await Samples.makeIndex()
        // A diamond within its box: the corners of the box are not its own.
        let (x, y) = (600000.0, 2300000.0)
        let ring = [(x + 15000, y), (x + 30000, y - 15000), (x + 15000, y - 30000), (x, y - 15000), (x + 15000, y)]
        let text = Samples.scene(
            more:
                "geometry: {type: Polygon, coordinates: [[\(ring.map { "[\($0.0), \($0.1)]" }.joined(separator: ", "))]]}"
        )
        try await index.addDataset(try Samples.document(text), location: "file:///1")
        // Between 104.04 W and 103.75 W, 20.52 N and 20.80 N (gdaltransform); the box lies in the empty north-west.
        let corner = BoundingBox(left: -104.05, bottom: 20.77, right: -104.0, top: 20.82)
        let middle = BoundingBox(left: -103.9, bottom: 20.65, right: -103.89, top: 20.66)
        func count(_ box: BoundingBox) async throws -> Int {
            try await index.datasets(matching: DatasetQuery(product: "ls_demo", bounds: box)).count
        }
        let fields: [String: SearchTerm] = ["lat": .between(20.77, 20.82), "lon": .between(-104.05, -104.0)]
        #expect(try await count(corner) == 1)
        _ = try await index.makeFootprints()
        #expect(try await count(corner) == 0)
        #expect(try await count(middle) == 1)
        // The fields answer as the Open Data Cube does, footprints or not.
        #expect(try await index.datasets(matching: DatasetQuery(product: "ls_demo", fields: fields)).count == 1)
        try Session(index.settings).execute("UPDATE antares.dataset_footprint SET shape = NULL, problem = 'none'")
        #expect(try await count(corner) == 1)
        #expect(try await found(index, SearchArea(middle)).isEmpty)
    }

    @Test func `features of GeoJSON are areas too`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        try await add(index, 2, crs: "EPSG:32613", corner: (700000, 2300000), size: 1000)
        func feature(_ west: Double) -> String {
            let (w, e) = (west, west + 0.01)
            let ring = "[[\(w), 20.7], [\(e), 20.7], [\(e), 20.71], [\(w), 20.71], [\(w), 20.7]]"
            return #"{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [\#(ring)]}}"#
        }
        #expect(try await found(index, SearchArea(feature(-104))) == [1])
        let both = #"{"type": "FeatureCollection", "features": [\#(feature(-104)), \#(feature(-103))]}"#
        #expect(try await found(index, SearchArea(both)) == [1, 2])
        let one = #"{"type": "FeatureCollection", "features": [\#(feature(-103))]}"#
        #expect(try await found(index, SearchArea(one)) == [2])
    }

    @Test func `datasets without footprint are named when they are added`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        let far = "geometry: {type: Polygon, coordinates: [[[0, 0], [1, 0], [1, 1e30], [0, 0]]]}"
        let good = Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000002")
        let candidates = try [Samples.scene(), good].enumerated().map { number, text in
            let legacy =
                "id: 6d4894ed-3368-47cb-a8f4-000000000001\nproduct: {name: ls_demo}\n"
                + "measurements: {red: {}, temperature: {}, quality: {}}\n\(far)"
            return DatasetCandidate(
                document: try Samples.document(number == 0 ? legacy : text),
                location: "file:///\(number)"
            )
        }
        let results = try await index.addDatasets(candidates)
        #expect(results.map(\.outcome) == [.added, .added])
        #expect(results[0].footprintProblem == "the document has no geometry, corners or extent")
        #expect(results[1].footprintProblem == nil)
    }

    @Test func `tables that lost their index are made again`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        // As the Open Data Cube's own tests do.
        try Session(index.settings).execute("DROP SCHEMA agdc CASCADE")
        let fresh = try await Index.open(index.settings)
        _ = try await fresh.initialise()
        try await fresh.addProduct(try Samples.document(Samples.productText))
        #expect(try await fresh.hasFootprints() == false)
        try await add(fresh, 2, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        #expect(try await fresh.makeFootprints().footprints == 1)
        try await add(fresh, 3, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        #expect(try await found(fresh, SearchArea("POINT (-104 20.7)")) == [2, 3])
    }

    @Test func `a first table of footprints is brought to the latest form`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        let session = try Session(index.settings)
        // The other form of the same system, which PostGIS does not know by its number.
        let text = "+proj=utm +zone=13 +datum=WGS84 +units=m +no_defs"
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        try await add(index, 2, crs: "'\(text)'", corner: (600000, 2300000), size: 1000)
        let areas = try session.query(
            "SELECT round(ST_Area(shape)::numeric, 0) AS area FROM antares.dataset_footprint ORDER BY 1"
        )
        #expect(areas.count == 2 && areas[0]["area"] == areas[1]["area"])
        #expect(try await index.makeFootprints(rebuild: true).footprints == 2)
    }

    @Test(arguments: [true, false])
    func `footprints of datasets and of the catalogue stand beside each other`(_ catalogueFirst: Bool) async throws {
        let index = try await Samples.makeIndex()
        if catalogueFirst { _ = try await index.installOwnSchemas() }
        _ = try await index.makeFootprints()
        _ = try await index.installOwnSchemas()
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        let session = try Session(index.settings)
        #expect(try session.query("SELECT sensor, name FROM antares.footprint").isEmpty)
        #expect(try session.query("SELECT FROM antares.dataset_footprint").count == 1)
    }

    /// Both went by the name `antares.footprint`, and that of datasets took the place of the other.
    @Test func `footprints under their earlier name make room for the catalogue's`() async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.installOwnSchemas()
        _ = try await index.makeFootprints()
        try await add(index, 1, crs: "EPSG:32613", corner: (600000, 2300000), size: 1000)
        let session = try Session(index.settings)
        try session.execute(
            """
            DROP TABLE antares.footprint;
            ALTER TABLE antares.dataset_footprint RENAME TO footprint;
            DELETE FROM antares.migrations WHERE component = 'antares' AND version = 3;
            UPDATE antares.migrations SET component = 'footprints' WHERE component = 'dataset_footprints';
            """
        )
        #expect(try await !index.hasFootprints())
        #expect(try await index.installOwnSchemas() == ["antares V3"])
        #expect(try session.query("SELECT sensor, name FROM antares.footprint").isEmpty)
        #expect(try await index.makeFootprints().footprints == 1)
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
