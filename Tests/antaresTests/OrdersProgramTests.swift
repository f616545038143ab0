import Foundation
import TestSupport
import Testing

/// `create_order` and `download_order` against a server that answers as the USGS documents it.
@Suite struct OrdersProgramTests {
    @Test func `an order is placed, fetched as far as it is ready, and gone on with, and no secret is seen`() throws {
        let archive = try TemporaryFolder()
        let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 2) })
        try bytes.write(to: archive.url.appendingPathComponent("scene.tar"))
        let server = try TestSTAC.serve(files: archive.path)
        defer { server.close() }
        let program = try BuiltProgram()
        let log = program.home.path("log.txt")
        _ = try program.home.write(
            "USGS_USER=gauss\nUSGS_TOKEN=sekret-token\nUSGS_M2M_URL=\(server.address)/m2m\n",
            to: ".antares"
        )
        var said = ""
        func run(_ line: String) throws -> ShellResult {
            let result = try program.run(line + " -vvv --log-file \(log)")
            said += result.output + result.errors
            return result
        }
        // The server limits the rate of the first search and ends each session after three requests.
        let search =
            "--bbox -100 18 -98 20 --start-date 2020-01-01 --end-date 2020-12-31 --landsat 8 --max-cloud-cover 20"
        let dry = try run("create_order \(search) --dry-run")
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.split(separator: "\n").count == 2)
        #expect(try run("download_order").output == "no order is open\n")
        let created = try run("create_order \(search)")
        #expect(created.status == 0, "\(created.errors)")
        #expect(created.output.contains(": 2 scenes. Fetch them with antares download_order."))

        let first = try run("download_order --path scenes")
        #expect(
            first.output.hasSuffix(": 1 scenes fetched, 1 being prepared, 0 failed\n"),
            "\(first.output)\(first.errors)"
        )
        let second = try run("download_order --path scenes")
        #expect(
            second.output.hasSuffix(": 1 scenes fetched, 0 being prepared, 0 failed\n"),
            "\(second.output)\(second.errors)"
        )
        for name in ["LC08_L2SP_026047_20200116_20200823_02_T1", "LC08_L2SP_026047_20200201_20200823_02_T1"] {
            let path = program.home.path("scenes/\(name).tar")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        }
        #expect(try run("download_order --path scenes").output == "no order is open\n")
        #expect(program.home.files().filter { $0.hasPrefix("scenes/") }.count == 2)

        said += try run("config show").output
        for file in program.home.files() where file != ".antares" && !file.hasSuffix(".tar") {
            said += (try? String(contentsOfFile: program.home.path(file), encoding: .utf8)) ?? ""
        }
        for secret in ["sekret", "session-key", "s1gn"] { #expect(!said.contains(secret)) }
    }

    @Test func `credentials that are missing or wrong are said, without saying them`() throws {
        let server = try TestSTAC.serve(files: try TemporaryFolder().path)
        defer { server.close() }
        let program = try BuiltProgram()
        let order = "create_order --bbox -100 18 -98 20 --start-date 2020-01-01 --end-date 2020-12-31 --landsat 8"
        let none = try program.run(order)
        #expect(none.status == 78 && none.errors.contains("Set USGS_USER and USGS_TOKEN in ~/.antares"))
        let wrong = try program.run(
            order,
            environment: [
                "USGS_USER": "gauss", "USGS_TOKEN": "mistaken-token", "USGS_M2M_URL": "\(server.address)/m2m",
            ]
        )
        #expect(wrong.status == 78 && wrong.errors.contains("AUTH_INVALID"), "\(wrong.errors)")
        #expect(wrong.errors.contains("Check USGS_USER and USGS_TOKEN") && !wrong.errors.contains("mistaken-token"))
        let usage = try program.run("create_order --shape Jalisco --start-date 2020 --end-date 2020-12-31 --landsat 6")
        #expect(usage.status == 64 && usage.errors.contains("--landsat must be 4, 5, 7, 8 or 9, got 6."))
    }
}
