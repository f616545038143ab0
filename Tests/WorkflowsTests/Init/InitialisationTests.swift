import Foundation
import Geo
import Logging
import Postgres
import TestSupport
import Testing

@testable import Workflows

@Suite(.enabled(if: TestDatabase.isAvailable)) struct InitialisationTests {
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

    @Test func `tables are made once and borders brought up to date, never doubled`() async throws {
        let connection = try await Connection.open(try TestDatabase.make())
        let work = Initialisation(connection, log: Logger(label: "test"))
        #expect(try await work.createTables() == ["antares V1", "uws V1"])
        #expect(try await work.createTables() == [])
        try await withFile(states) { path in
            let request = InitRequest(countries: ["mex", "MEX"], borders: path)
            for _ in 0..<2 {
                let summary = try await work.ingestBorders(request)
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
        let connection = try await Connection.open(try TestDatabase.make())
        let work = Initialisation(connection, log: Logger(label: "test"))
        _ = try await work.createTables()
        _ = try await withFile(states) { try await work.ingestBorders(InitRequest(countries: ["MEX"], borders: $0)) }
        let store = BorderStore(connection)
        let colima = try await store.area(named: "colima")
        #expect(colima.country == "MEX")
        #expect(colima.border.bounds == BoundingBox(left: 1, bottom: 0, right: 2, top: 1))
        #expect(try await store.area(named: "MEX").border.bounds == BoundingBox(left: 0, bottom: 0, right: 2, top: 1))
    }

    @Test func `regions of a file of their own go to the country that is there`() async throws {
        let connection = try await Connection.open(try TestDatabase.make())
        let work = Initialisation(connection, log: Logger(label: "test"))
        _ = try await work.createTables()
        try await withFile(states) { path in
            let error = await #expect(throws: InitError.self) {
                try await work.ingestBorders(InitRequest(regions: path))
            }
            #expect(error?.description.contains("none of its regions lies in a country that is there") == true)
            _ = try await work.ingestBorders(InitRequest(countries: ["MEX"], borders: path))
            let summary = try await work.ingestBorders(InitRequest(regions: path))
            #expect(summary.regions == 2)
        }
    }

    @Test func `without the right to create PostGIS the command for a superuser is named`() async throws {
        let settings = try TestDatabase.make()
        let owner = try await Connection.open(settings)
        // A role is shared by all databases of the server: another test run may have left it.
        let role = "antares_plain_\(getpid())"
        try await owner.query("CREATE ROLE \(role) LOGIN")
        try await owner.query("GRANT CREATE ON DATABASE \(settings.database ?? "") TO \(role)")
        var plain = settings
        plain.user = role
        let connection = try await Connection.open(plain)
        let error = await #expect(throws: PostgresError.self) {
            try await Initialisation(connection, log: Logger(label: "test")).createTables()
        }
        let command = "psql -d \(settings.database ?? "") -c 'CREATE EXTENSION postgis'"
        #expect(error?.hint == "A superuser must run: \(command)")
    }
}
