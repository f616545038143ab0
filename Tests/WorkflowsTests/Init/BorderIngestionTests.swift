import DatacubeIndex
import Foundation
import Geo
import Logging
import Postgres
import TestSupport
import Testing

@testable import Workflows

@Suite(.enabled(if: TestDatabase.isAvailable)) struct BorderIngestionTests {
    private let states = """
        {"type": "FeatureCollection", "features": [
          {"type": "Feature", "properties": {"GID_0": "MEX", "NAME_0": "Mexico", "NAME_1": "Jalisco"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}},
          {"type": "Feature", "properties": {"GID_0": "MEX", "NAME_0": "Mexico", "NAME_1": "Colima"}, "geometry":
            {"type": "Polygon", "coordinates": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]}}]}
        """

    private func withFile<T>(_ text: String, _ body: (String) async throws -> T) async throws -> T {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).geojson")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path)
    }

    private func prepared() async throws -> (Connection, BorderIngestion) {
        let settings = try TestDatabase.make()
        let index = try await Index.open(settings)
        _ = try await index.installOwnSchemas()
        await index.close()
        let connection = try await Connection.open(settings)
        return (connection, BorderIngestion(connection, log: Logger(label: "test")))
    }

    @Test func `borders are brought up to date, never doubled`() async throws {
        let (connection, work) = try await prepared()
        try await withFile(states) { path in
            let request = BorderRequest(countries: ["mex", "MEX"], borders: path)
            for _ in 0..<2 {
                let summary = try await work.run(request)
                #expect(summary == BorderSummary(countries: ["MEX"], regions: 2))
            }
        }
        let counts = try await connection.query(
            "SELECT (SELECT count(*) FROM antares.country) AS countries, (SELECT count(*) FROM antares.region) AS regions"
        )
        #expect(counts.first?["countries"] == "1")
        #expect(counts.first?["regions"] == "2")
    }

    @Test func `an area that was put in is found by its name`() async throws {
        let (connection, work) = try await prepared()
        _ = try await withFile(states) { try await work.run(BorderRequest(countries: ["MEX"], borders: $0)) }
        let store = BorderStore(connection)
        let colima = try await store.area(named: "colima")
        #expect(colima.country == "MEX")
        #expect(colima.border.bounds == BoundingBox(left: 1, bottom: 0, right: 2, top: 1))
        #expect(try await store.area(named: "MEX").border.bounds == BoundingBox(left: 0, bottom: 0, right: 2, top: 1))
    }

    @Test func `regions of a file of their own go to the country that is there`() async throws {
        let (_, work) = try await prepared()
        try await withFile(states) { path in
            let error = await #expect(throws: InitError.self) {
                try await work.run(BorderRequest(regions: path))
            }
            #expect(error?.description.contains("none of its regions lies in a country that is there") == true)
            _ = try await work.run(BorderRequest(countries: ["MEX"], borders: path))
            let summary = try await work.run(BorderRequest(regions: path))
            #expect(summary.regions == 2)
        }
    }
}
