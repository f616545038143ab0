import Foundation
import TestSupport
import Testing

/// The block engine by its commands, against sudden ends.
@Suite(
    "Block engine, as a program",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE ENGINE'S COMMANDS NEED POSTGRESQL"),
    .serialized
)
struct EngineProgramTests {
    /// The bytes of all tiles of a product, by file.
    private func contents(_ cube: BadInputCube) throws -> [String: Data] {
        try cube.files().reduce(into: [:]) { contents, name in
            let url = URL(fileURLWithPath: cube.job.program.home.path("tiles/\(name)"))
            contents[name] = try Data(contentsOf: url)
        }
    }

    @Test(arguments: ["NetCDF CF", "GeoTIFF"])
    func `killed at any moment and run again, ingest gives the bytes of an undisturbed run`(driver: String) throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000, changes: [#"driver: "NetCDF CF""#: #"driver: "\#(driver)""#])
        let line = "antares ingest -c ingestion.yaml --jobs 2"
        try cube.expectDone(line)
        let expected = try contents(cube)
        #expect(expected.count > 10)
        for attempt in 0..<10 {
            try FileManager.default.removeItem(atPath: cube.tiles)
            let run = try cube.job.start(line)
            // A moment that depends on nothing: between the start and, on most machines, the end.
            usleep(UInt32.random(in: 0...900_000))
            run.send(signal: SIGKILL)
            _ = try run.wait()
            try cube.expectDone(line)
            let left = try contents(cube)
            // The whole dictionaries would be megabytes of message.
            let other = Set(left.keys).union(expected.keys).filter { left[$0] != expected[$0] }.sorted()
            #expect(other.isEmpty, "attempt \(attempt): other bytes than undisturbed")
            #expect(try cube.indexedCount("s2_l2a_20m_mexico") == expected.keys.count { !$0.hasSuffix(".tif") })
        }
    }

    @Test func `a file that vanished costs the tiles that need it, and is named`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        let gone = try cube.band("B03", ofScene: 1)
        try FileManager.default.removeItem(atPath: gone)
        let result = try cube.job.run("antares ingest -c ingestion.yaml")
        #expect(result.status == 1 && result.errors.contains(gone), "\(result.errors)")
        let written = cube.files()
        #expect(!written.isEmpty && !written.contains { $0.contains("20170515") || $0.contains("partial") })
        let skipping = try cube.job.run("antares ingest -c ingestion.yaml --skip-broken")
        #expect(skipping.status == 0 && skipping.output.contains("left out"), "\(skipping.output)\(skipping.errors)")
    }
}
