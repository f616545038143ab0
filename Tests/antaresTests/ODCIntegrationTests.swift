import Foundation
import Postgres
import TestSupport
import Testing

/// The Open Data Cube's own integration tests (datacube 1.8.20), on our schema and on our command.
///
/// How they are run, and what is left out: Tests/odc/antares_odc.py. What has to pass stands in Tests/odc/passes-A.txt
/// and passes-B.txt; why the others do not, in docs/odc-compatibility.md.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable))
struct ODCIntegrationTests {
    /// What of ours is tested.
    enum Level: String, CaseIterable {
        /// `system init` makes the schema, everything else is Python's.
        case schema = "A"
        /// Our program in place of the commands, everything else is Python's.
        case command = "B"
    }

    @Test(arguments: Level.allCases)
    func `every test of the Open Data Cube that passed before still passes`(_ level: Level) throws {
        let program = try BuiltProgram()
        let folder = program.home.path("odc")
        let script = repository.appending(path: "scripts/odc-tests.sh").path
        let layout = try run("/bin/sh", [script, folder])
        try #require(layout.status == 0, "\(layout.errors)")
        let database = try TestDatabase.make()
        let config = """
            [datacube]
            db_hostname: \(database.host ?? "")
            db_port: \(database.port.map(String.init) ?? "")
            db_database: \(database.database ?? "")
            db_username: \(database.user ?? "")
            """
        let home = program.home.path("home")
        _ = try program.home.write(config, to: "home/.datacube_integration.conf")
        let report = program.home.path("report.txt")
        let environment = [
            "HOME": home,
            "PYTHONPATH": [repository.appending(path: "Tests/odc").path, "\(folder)/plugins", folder]
                .joined(separator: ":"),
            "PYTHONDONTWRITEBYTECODE": "1", "ANTARES_ODC_LEVEL": level.rawValue, "ANTARES_ODC_REPORT": report,
            "ANTARES_ODC_BIN": try program.links(["datacube", "datacube-search"]),
        ]
        let result = try TestPython.current.start(
            [
                "-W", "ignore", "-m", "pytest", "-p", "antares_odc", "-p", "no:cacheprovider", "-c", "/dev/null",
                "--rootdir", folder, "--basetemp", program.home.path("pytest"), "-q", "-W", "ignore", "--tb", "short",
                "\(folder)/integration_tests",
            ],
            database: nil,
            environment: environment
        )
        let lines =
            (try? String(contentsOfFile: report, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
        let passed = Set(lines.filter { $0.hasPrefix("passed ") }.map { String($0.dropFirst(7)) })
        let list = repository.appending(path: "Tests/odc/passes-\(level.rawValue).txt").path
        let expected = Set(
            try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
                .filter { !$0.hasPrefix("#") }
        )
        let lost = expected.subtracting(passed).sorted()
        #expect(
            lost.isEmpty,
            "\(lost.joined(separator: "\n"))\n\(result.output.suffix(20000))\n\(result.errors.suffix(2000))"
        )
        // Without this a plugin that hands nothing over to us would pass everything.
        let calls = lines.compactMap { $0.hasPrefix("calls ") ? Int($0.dropFirst(6)) : nil }.first ?? 0
        #expect(calls >= expected.count, "antares was called \(calls) times")
        let more = passed.subtracting(expected).sorted()
        if !more.isEmpty {
            print("level \(level.rawValue): these pass too, add them to \(list):\n" + more.joined(separator: "\n"))
        }
    }
}
