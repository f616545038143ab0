import Foundation
import Postgres
import TestSupport
import Testing

/// `antares init` as a person runs it, on a database of its own.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct InitProgramTests {
    private let borders = """
        {"type": "FeatureCollection", "features": [
          {"type": "Feature", "properties": {"ISO_A3": "MEX", "NAME": "Mexico"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}}]}
        """
    private let regions = """
        {"type": "FeatureCollection", "features": [
          {"type": "Feature", "properties": {"iso": "MEX", "name": "Jalisco"}, "geometry":
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}]}
        """

    private func database() throws -> [String: String] {
        let settings = try TestDatabase.make()
        let place = "host=\(settings.host ?? "")&user=\(settings.user ?? "")"
        return ["DATACUBE_DB_URL": "postgresql:///\(settings.database ?? "")?\(place)"]
    }

    @Test func `init makes tables, takes borders in and writes documents; a second run changes nothing`() throws {
        let program = try BuiltProgram()
        let database = try database()
        let file = try program.home.write(borders, to: "borders.geojson")
        _ = try program.home.write(regions, to: ".config/madmex/regions/own.geojson")
        let line = "init -c mex --borders \(file)"
        let first = try program.run(line, environment: database)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("antares V1"))
        #expect(first.output.contains("borders: MEX, 1 region"))
        #expect(program.home.files().contains(".config/madmex/ingestion/s2_l2a_20m_mexico.yaml"))
        let second = try program.run(line, environment: database)
        #expect(second.output.contains("tables: up to date"))
        #expect(second.output.contains("0 of them written now"))
    }

    @Test func `the ingestion path stands in the documents, and a changed one is kept`() throws {
        let program = try BuiltProgram()
        let line = "init --no-create-tables"
        #expect(try program.run(line, environment: ["INGESTION_PATH": "/big/disk"]).status == 0)
        let path = ".config/madmex/ingestion/s2_l2a_20m_mexico.yaml"
        let text = try String(contentsOfFile: program.home.path(path), encoding: .utf8)
        #expect(text.contains("location: \"/big/disk\""))
        #expect(!text.contains("{{"))

        _ = try program.home.write("mine\n", to: path)
        let again = try program.run(line)
        #expect(again.output.contains("kept your \(program.home.path(path)); the new text is in"))
        #expect(try String(contentsOfFile: program.home.path(path), encoding: .utf8) == "mine\n")
        #expect(program.home.files().contains("\(path).new"))
    }

    @Test func `an unknown country ends with 64 and near matches, and nothing is written`() throws {
        let program = try BuiltProgram()
        let database = try database()
        let file = try program.home.write(borders, to: "borders.geojson")
        let result = try program.run("init -c mex mxe --borders \(file)", environment: database)
        #expect(result.status == 64)
        #expect(result.errors == "error: unknown country 'MXE': \(file) has no such code. Near are: MEX (Mexico).\n")
        let known = try program.run("init -c mex --borders \(file) --json", environment: database)
        #expect(known.status == 0)
    }

    @Test func `borders that are not there end with 66`() throws {
        let result = try BuiltProgram().run("init -c mex --borders nowhere.gpkg", environment: try database())
        #expect(result.status == 66)
        #expect(result.errors.contains("cannot open 'nowhere.gpkg'"))
    }

    @Test func `--log-queries shows statements, which -vv does not`() throws {
        let program = try BuiltProgram()
        let database = try database()
        _ = try program.run("init --no-conf-setup", environment: database)
        let shown = try program.run("--log-queries init --no-conf-setup", environment: database)
        #expect(shown.status == 0)
        #expect(shown.errors.contains("debug: CREATE EXTENSION IF NOT EXISTS postgis"))
        let quiet = try program.run("-vv init --no-conf-setup", environment: database)
        #expect(!quiet.errors.contains("CREATE EXTENSION"))
    }
}
