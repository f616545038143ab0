import Postgres
import Testing

@testable import Config

@Suite struct SettingsTests {
    private func settings(
        antares: String? = nil,
        datacube: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Settings {
        var input = ConfigurationInput(environment: environment.merging(["HOME": "/home/u"]) { $1 })
        input.files["/home/u/.antares"] = antares
        input.files["/home/u/.datacube.conf"] = datacube
        return try Settings(input)
    }

    @Test func `with nothing configured both databases are the private one`() throws {
        let settings = try settings()
        #expect(settings.indexDatabase.value == .privateServer)
        #expect(settings.ownDatabase.value == .privateServer)
        #expect(settings.privateServerDirectory == "/home/u/.local/share/antares/postgres")
        #expect(settings.ingestionPath.value == "/home/u/.local/share/antares/tiles")
        #expect(settings.warnings.isEmpty)
    }

    @Test func `one configured database serves both`() throws {
        let own = try settings(antares: "DATABASE_NAME=a\nDATABASE_HOST=h\n")
        #expect(own.indexDatabase.value == .server(ConnectionSettings(host: "h", database: "a")))
        #expect(own.indexDatabase.origin.description == "the antares database (/home/u/.antares:1)")
        let cube = try settings(datacube: "[datacube]\ndb_database: c\n")
        #expect(cube.ownDatabase.value == .server(ConnectionSettings(database: "c")))
        let both = try settings(antares: "DATABASE_NAME=a", datacube: "[datacube]\ndb_database: c\n")
        #expect(both.ownDatabase.value == .server(ConnectionSettings(database: "a")))
        #expect(both.indexDatabase.value == .server(ConnectionSettings(database: "c")))
    }

    @Test func `environment variables win over the file`() throws {
        let settings = try settings(antares: "INGESTION_PATH=/file\n", environment: ["INGESTION_PATH": "/variable"])
        #expect(settings.ingestionPath == Sourced("/variable", .environment(variable: "INGESTION_PATH")))
    }

    @Test(arguments: [("DEBUG=False", false), ("DEBUG=0", false), ("DEBUG=", false), ("DEBUG=True", true)])
    func `DEBUG means what it says`(line: String, expected: Bool) throws {
        #expect(try settings(antares: line).isDebug.value == expected)
    }

    @Test func `unused old keys are accepted and reported`() throws {
        let settings = try settings(antares: "SECRET_KEY=s3\nSCIHUB_USER=me\n")
        let shown = settings.all.filter { $0.note != nil }
        #expect(shown.map(\.name) == ["SECRET_KEY", "SCIHUB_USER"])
        #expect(shown.map(\.value) == ["********", "me"])
        #expect(shown.first?.note == "unused: there is no Django server any more")
        #expect(settings.warnings.isEmpty)
    }

    @Test func `an unknown key is named with file, line and the nearest known one`() throws {
        let settings = try settings(antares: "DEBUG=False\nINGESTION_PTH=/data\n")
        #expect(
            settings.warnings == [
                "/home/u/.antares:2: unknown key 'INGESTION_PTH'. Did you mean 'INGESTION_PATH'?"
            ]
        )
    }

    @Test func `half a database is refused`() {
        #expect { try settings(antares: "# PostGIS\nDATABASE_USER=me\n") } throws: {
            "\($0)" == "/home/u/.antares:2: DATABASE_USER is set but DATABASE_NAME is not. Set DATABASE_NAME as well, "
                + "or none of DATABASE_* to let antares run a private PostgreSQL."
        }
    }

    @Test func `a wrong value names its line and what is accepted`() {
        #expect { try settings(antares: "DATABASE_NAME=a\nDATABASE_PORT=54e2\n") } throws: {
            "\($0)" == "/home/u/.antares:2: DATABASE_PORT must be a port number, not '54e2'."
        }
        #expect { try settings(environment: ["DJANGO_LOG_LEVEL": "LOUD"]) } throws: {
            "\($0)".hasSuffix(
                "DJANGO_LOG_LEVEL has the unknown value 'LOUD'. Known: DEBUG, INFO, WARNING, ERROR, CRITICAL."
            )
        }
    }

    @Test func `no password is shown`() throws {
        let settings = try settings(
            antares: "DATABASE_NAME=a\nDATABASE_PASSWORD=geheim\n",
            environment: ["DATACUBE_DB_URL": "postgresql://u:geheim@h/c"]
        )
        #expect(!settings.all.contains { $0.value?.contains("geheim") == true })
        #expect(settings.all.filter { $0.value == "********" }.count == 2)
    }
}
