import Foundation
import Postgres
import TestSupport
import Testing

/// The commands of the Open Data Cube, run as a person runs them.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct IndexProgramTests {
    private static let product = """
        name: demo
        description: One band
        metadata_type: eo3
        metadata:
          product: {name: demo}
        measurements:
        - {name: red, dtype: uint16, nodata: 0, units: "1"}

        """

    private static func scene(_ id: Int, band: String = "red") -> String {
        """
        $schema: https://schemas.opendatacube.org/dataset
        id: 6d4894ed-3368-47cb-a8f4-00000000000\(id)
        product: {name: demo}
        crs: EPSG:32613
        grids:
          default: {shape: [200, 100], transform: [30.0, 0.0, 600000.0, 0.0, -30.0, 2300000.0]}
        properties: {datetime: 2017-03-05T17:20:00Z, eo:cloud_cover: 12.5, odc:file_format: GeoTIFF}
        measurements: {\(band): {path: a.tif}}

        """
    }

    /// The program with a database of its own, and under the name `datacube` as well.
    private struct Fixture {
        let program: BuiltProgram
        let environment: [String: String]

        init(initialised: Bool = true) throws {
            program = try BuiltProgram()
            let settings = try TestDatabase.make()
            environment = [
                "DB_HOSTNAME": settings.host ?? "", "DB_DATABASE": settings.database ?? "",
                "DB_USERNAME": settings.user ?? "",
            ]
            if initialised { _ = try antares("system init") }
        }

        func antares(_ line: String) throws -> ShellResult { try program.run(line, environment: environment) }

        func datacube(_ line: String) throws -> ShellResult {
            try program.run(line.split(separator: " ").map(String.init), as: "datacube", environment: environment)
        }

        func write(_ text: String, _ name: String) throws -> String {
            let path = program.home.path(name)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
    }

    @Test func `from an empty database to a dataset that is found`() throws {
        let fixture = try Fixture(initialised: false)
        let made = try fixture.datacube("-v system init")
        #expect(made.output == "Initialising database...\nCreated.\nChecking indexes/views.\nDone.\n")
        #expect(try fixture.datacube("system init").output.contains("Updated."))
        #expect(try fixture.datacube("system check").output.hasSuffix("\n\nValid connection:\tYES\n"))
        let product = try fixture.write(Self.product, "p.yaml")
        let added = try fixture.datacube("-v product add \(product)")
        #expect(added.output == "Adding \"demo\" (this might take a while) DONE\n")
        #expect(try fixture.datacube("product list").output == "demo  One band\n")
        let scene = try fixture.write(Self.scene(1), "s.yaml")
        #expect(try fixture.antares("dataset add \(scene)").output == "datasets: 1 added\n")
        let found = try fixture.datacube("dataset search product=demo -f csv").output
        // Carriage returns as Python's csv module writes them.
        #expect(
            found == "id,status,product,location\r\n"
                + "6d4894ed-3368-47cb-a8f4-000000000001,active,demo,file://\(scene)\r\n"
        )
    }

    @Test func `a rejected document is 0 for datacube and 1 for antares, and stops no other`() throws {
        let fixture = try Fixture()
        _ = try fixture.datacube("product add \(try fixture.write(Self.product, "p.yaml"))")
        let bad = try fixture.write(Self.scene(1, band: "rad"), "bad.yaml")
        let good = try fixture.write(Self.scene(2), "good.yaml")
        let odc = try fixture.datacube("dataset add \(bad)")
        #expect(odc.status == 0)
        #expect(odc.errors.contains("Product 'demo' has red, the document does not (it has 'rad')"))
        let own = try fixture.antares("dataset add \(bad) \(good) /nowhere.yaml")
        #expect(own.status == 1)
        #expect(own.output == "datasets: 1 added, 2 rejected\n")
        #expect(own.errors.contains("/nowhere.yaml: No such file or folder"))
    }

    @Test func `a typo in a product names line and nearest key`() throws {
        let fixture = try Fixture()
        let text = Self.product.replacing("measurements", with: "measurments")
        let result = try fixture.antares("product add \(try fixture.write(text, "p.yaml"))")
        #expect(result.status == 78)
        #expect(result.errors.contains("p.yaml:6: 'measurments' is an unknown key. Did you mean 'measurements'?"))
    }

    @Test func `an unknown product gets the nearest name`() throws {
        let fixture = try Fixture()
        _ = try fixture.datacube("product add \(try fixture.write(Self.product, "p.yaml"))")
        let search = try fixture.antares("dataset search product=dmo")
        #expect(search.status == 1)
        #expect(search.errors.contains("unknown product 'dmo'. Did you mean 'demo'?"))
        let add = try fixture.datacube("dataset add -p dmo \(try fixture.write(Self.scene(1), "s.yaml"))")
        #expect(add.status == 2)
        #expect(add.errors.contains("Supplied product name \"dmo\" not present in the database"))
    }

    @Test func `a database without index says what to run`() throws {
        let result = try Fixture(initialised: false).datacube("product list")
        #expect(result.status == 1)
        #expect(result.errors.contains("No DB schema exists. Have you run init? Run: datacube system init"))
    }

    @Test func `a database that is down is 69 for antares and 1 for datacube`() throws {
        let program = try BuiltProgram()
        let nowhere = ["DB_HOSTNAME": "127.0.0.1", "DB_PORT": "9", "DB_DATABASE": "x", "DB_PASSWORD": "secret"]
        let own = try program.run("product list", environment: nowhere)
        #expect(own.status == 69)
        #expect(own.errors.contains("Is the server running, and are host and port right?"))
        #expect(!own.errors.contains("secret"))
        let odc = try program.run(["product", "list"], as: "datacube", environment: nowhere)
        #expect(odc.status == 1)
        #expect(odc.errors.contains("Error Connecting to database"))
    }

    @Test func `archived datasets are left out until they are restored`() throws {
        let fixture = try Fixture()
        _ = try fixture.datacube("product add \(try fixture.write(Self.product, "p.yaml"))")
        let path = try fixture.write(Self.scene(1), "s.yaml")
        _ = try fixture.datacube("dataset add \(path)")
        let id = "6d4894ed-3368-47cb-a8f4-000000000001"
        let archived = try fixture.datacube("dataset archive \(id)")
        #expect(archived.output == "Archiving dataset: \(id)\nCompleted dataset archival.\n")
        #expect(try fixture.datacube("dataset search").output.isEmpty)
        #expect(try fixture.datacube("dataset restore \(id)").output == "restoring demo \(id) file://\(path)\n")
        #expect(try fixture.datacube("dataset info \(id)").output.contains("status: active\n"))
        let missing = try fixture.datacube("dataset archive 6d4894ed-3368-47cb-a8f4-000000000009")
        #expect(missing.status == 255)
        #expect(try fixture.datacube("dataset info 6d4894ed-3368-47cb-a8f4-000000000009").status == 1)
    }

    @Test(
        .enabled(if: TestPython.isAvailable),
        arguments: [
            "product list", "product list -f csv", "product list -f yaml", "product show demo",
            "product show -f json demo",
            "metadata list", "dataset search", "dataset search -f csv", "dataset search time=2017-03-05",
            "dataset search lat in [20,21] product=demo", "dataset search time in [2017,2018]",
            "dataset search time < 2017",
            "dataset info 6d4894ed-3368-47cb-a8f4-000000000001",
        ]
    )
    func `standard output is that of Python's datacube`(line: String) throws {
        let fixture = try Fixture()
        _ = try fixture.datacube("product add \(try fixture.write(Self.product, "p.yaml"))")
        _ = try fixture.datacube("dataset add \(try fixture.write(Self.scene(1), "s.yaml"))")
        let settings = ConnectionSettings(
            host: fixture.environment["DB_HOSTNAME"],
            database: fixture.environment["DB_DATABASE"],
            user: fixture.environment["DB_USERNAME"]
        )
        let python = try TestPython.datacube(line.split(separator: " ").map(String.init), database: settings)
        let own = try fixture.datacube(line)
        #expect(own.output == python.output)
        #expect(own.status == python.status)
    }
}
