import Crypto
import DatacubeIndex
import Documents
import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct IndexTests {
    @Test func `an empty database is no index, and says what to run`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        #expect(try await !index.isInitialised())
        let error = try await #require(throws: IndexError.self) { try await index.check() }
        #expect(error.description.contains("No DB schema exists. Have you run init? Run: datacube system init"))
    }

    @Test func `initialising twice makes it once`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        #expect(try await index.initialise())
        #expect(try await !index.initialise())
        #expect(try await index.metadataTypes().map(\.name) == ["eo3", "eo", "telemetry"])
        #expect(try await index.metadataTypes().map(\.id) == [1, 2, 3])
    }

    @Test func `eight programs at once make one index`() async throws {
        let settings = try TestDatabase.make()
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let index = try await Index.open(settings)
                    let created = try await index.initialise()
                    try await index.checkFields()
                    return created
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(created == 1)
    }

    // Digests of the canonical JSON of datacube 1.8.20's own documents (Python: json.dumps with sorted keys, no blanks).
    @Test(arguments: [
        ("eo3", "cdd78e27c7ce2b0e6c990f60854ca69b"), ("eo", "73f7b2b0a3097601a443668ba614a83a"),
        ("telemetry", "86981b63e217010369c03ced06ee1612"),
    ])
    func `default metadata types equal Python's`(name: String, digest: String) async throws {
        let index = try await Index.open(try TestDatabase.make())
        _ = try await index.initialise()
        let definition = try await index.metadataType(named: name).definition
        let text = JSONText.write(definition, sortedKeys: true)
        let found = SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
        #expect(found.prefix(32) == digest)
    }

    @Test func `a schema that was dropped is made again`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        _ = try await index.initialise()
        try Session(index.settings).execute("DROP SCHEMA agdc CASCADE")
        #expect(try await index.initialise())
        #expect(try await index.metadataTypes().count == 3)
    }

    @Test func `columns that old indexes lack are put back`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        _ = try await index.initialise()
        let session = try Session(index.settings)
        try session.execute("ALTER TABLE agdc.dataset DROP COLUMN updated")
        #expect(try await !index.initialise())
        #expect(try session.query("SELECT updated FROM agdc.dataset").isEmpty)
    }

    @Test func `without roles everything belongs to the caller`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        var options = InitialisationOptions()
        options.initialisesUsers = false
        options.addsDefaultTypes = false
        #expect(try await index.initialise(options))
        #expect(try await index.metadataTypes().isEmpty)
        let owners = try Session(index.settings).query(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'agdc'"
        )
        #expect(owners.map { $0[0] } == [index.settings.user])
    }

    @Test func `a product gets the dynamic indexes and the view of the Open Data Cube`() async throws {
        let index = try await Samples.makeIndex()
        let session = try Session(index.settings)
        let indexes = try session.query("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'dix%' ORDER BY 1")
        #expect(
            indexes.map { $0[0] } == [
                "dix_ls_demo_lat_lon_time", "dix_ls_demo_region_code", "dix_ls_demo_time_lat_lon",
            ]
        )
        let views = try session.query("SELECT viewname, viewowner FROM pg_views WHERE schemaname = 'agdc' ORDER BY 1")
        #expect(views.map { $0["viewname"] } == ["dv_ls_demo_dataset"])
        #expect(views.map { $0["viewowner"] } == ["agdc_manage"])
    }

    @Test func `a product is added once, and a different one of its name is refused`() async throws {
        let index = try await Samples.makeIndex()
        #expect(try await index.addProduct(try Samples.document(Samples.productText)) == .unchanged)
        let changed = try Samples.document(Samples.productText.replacing("uint16", with: "int16"))
        let error = try await #require(throws: IndexError.self) { try await index.addProduct(changed) }
        #expect(error.description.contains("measurements.0.dtype: \"int16\"!=\"uint16\""))
        #expect(error.description.contains("Give it another name"))
    }

    @Test func `a name whose indexes PostgreSQL would cut short is refused before anything is written`() async throws {
        let index = try await Samples.makeIndex()
        let name = String(repeating: "long", count: 14)
        let document = try Samples.document(Samples.productText.replacing("ls_demo", with: name))
        let error = try await #require(throws: IndexError.self) { try await index.addProduct(document) }
        // dix_ + 56 letters + _lat_lon_time are 73 bytes, 10 more than the 63 of PostgreSQL.
        #expect(error.description.contains("Use a name that is 10 bytes shorter."))
        #expect(try await index.products().map(\.name) == ["ls_demo"])
    }

    @Test func `an unknown product or metadata type gets the nearest name`() async throws {
        let index = try await Samples.makeIndex()
        let product = try await #require(throws: IndexError.self) { try await index.product(named: "ls_dmeo") }
        #expect(product.description == "unknown product 'ls_dmeo'. Did you mean 'ls_demo'?")
        let document = try Samples.document(
            Samples.productText.replacing("metadata_type: eo3", with: "metadata_type: eo33")
        )
        let type = try await #require(throws: IndexError.self) { try await index.addProduct(document) }
        #expect(type.description == "unknown metadata type 'eo33'. Did you mean 'eo3'?")
    }

    @Test func `the schemas of antares are made once and hold PostGIS`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        #expect(try await index.installOwnSchemas().contains("antares V1"))
        #expect(try await index.installOwnSchemas().isEmpty)
        let session = try Session(index.settings)
        #expect(try session.query("SELECT postgis_version()").count == 1)
        #expect(try session.query("SELECT to_regnamespace('uws') AS uws")[0]["uws"] != nil)
    }

    @Test func `who may not make PostGIS gets the command for a superuser`() async throws {
        var settings = try TestDatabase.make()
        let session = try Session(settings)
        let role = "plain_\(UUID().uuidString.prefix(8).lowercased())"
        try session.execute("CREATE ROLE \(role) LOGIN")
        settings.user = role
        let index = try await Index.open(settings)
        let error = try await #require(throws: IndexError.self) { try await index.installOwnSchemas() }
        #expect(error.description.contains("A superuser has to run: psql"))
        #expect(error.description.contains("-c 'CREATE EXTENSION postgis'"))
    }
}
