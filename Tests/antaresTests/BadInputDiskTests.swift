import Foundation
import TestSupport
import Testing

/// A small file system of its own, mounted on a folder while a test runs.
private struct SmallDisk {
    let folder: String

    /// False where this process may not mount; then this says in capitals what is skipped.
    static let isAvailable: Bool = {
        do {
            let disk = try SmallDisk(on: try TemporaryFolder().path, kilobytes: 64)
            disk.unmount()
            return true
        } catch {
            let text =
                "!!! SKIPPED: TESTS OF A FULL DISK DO NOT RUN, THEY NEED ROOT AND THE RIGHT TO MOUNT A TMPFS. !!!\n"
            FileHandle.standardError.write(Data(text.utf8))
            return false
        }
    }()

    init(on folder: String, kilobytes: Int) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try mount(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder])
    }

    func resize(kilobytes: Int) throws { try mount(["-o", "remount,size=\(kilobytes)k", folder]) }

    func unmount() { _ = try? run("umount", ["-l", folder]) }

    private func mount(_ arguments: [String]) throws {
        guard getuid() == 0, try run("mount", arguments).status == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }
}

/// A disk that becomes full while tiles are written, for real.
@Suite(
    "Bad input: a full disk",
    .enabled(if: TestDatabase.isAvailable && SmallDisk.isAvailable, "SKIPPED: NEEDS POSTGRESQL, ROOT AND A TMPFS")
)
struct BadInputDiskTests {
    /// Tiles of a scene of 4 km in cells of 2 km: nine a date, about 100 kB each as netCDF, 150 kB as GeoTIFF.
    @Test(arguments: [("NetCDF CF", ".nc"), ("GeoTIFF", ".tif")])
    func `ingest names the file, leaves nothing half done, and goes on when there is room`(
        driver: String,
        ending: String
    ) throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000, changes: [#"driver: "NetCDF CF""#: #"driver: "\#(driver)""#])
        let disk = try SmallDisk(on: cube.tiles, kilobytes: 2500)
        defer { disk.unmount() }
        try expectGoingOn(
            cube,
            disk,
            line: "antares ingest -c ingestion.yaml",
            product: "s2_l2a_20m_mexico",
            folder: cube.tiles + "/s2_l2a_20m/mexico",
            ending: ending
        )
    }

    @Test func `apply_recipe does so too`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml")
        let disk = try SmallDisk(on: cube.tiles + "/recipes", kilobytes: 2500)
        defer { disk.unmount() }
        try expectGoingOn(
            cube,
            disk,
            line: "antares apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 "
                + "-lat 20.5 20.7 -long -103.5 -103.3 --name yearly",
            product: "yearly",
            folder: cube.tiles + "/recipes/yearly",
            ending: ".nc"
        )
    }

    @Test(arguments: ["composite -p s2_l2a_20m_granule --reduce median", "export -n s2_l2a_20m_granule"])
    func `a single file is there whole or not at all`(command: String) throws {
        let cube = try BadInputCube.indexed()
        let disk = try SmallDisk(on: cube.tiles, kilobytes: 64)
        defer { disk.unmount() }
        let line = "antares \(command) -b red nir swir1 -o \(cube.tiles)/out.tif"
        let full = try cube.job.run(line)
        #expect(full.status == 1 && full.errors.contains("'\(cube.tiles)/out.tif': "), "\(full.errors)")
        #expect(
            full.errors.contains("No space left on device. Free space there or choose another folder"),
            "\(full.errors)"
        )
        #expect(cube.files().isEmpty, "\(cube.files())")
        try disk.resize(kilobytes: 10_000)
        let roomy = try cube.job.run(line)
        #expect(roomy.status == 0 && cube.files() == ["out.tif"], "\(roomy.errors)")
    }

    /// Runs a line on the small disk, then again on a larger one.
    private func expectGoingOn(
        _ cube: BadInputCube,
        _ disk: SmallDisk,
        line: String,
        product: String,
        folder: String,
        ending: String
    ) throws {
        let full = try cube.job.run(line)
        #expect(full.status == 1)
        let first = try #require(
            full.output.firstMatch(of: #/: (\d+) tiles? written, 0 already there, (\d+) failed\n/#)
        )
        let (written, failed) = (try #require(Int(first.1)), try #require(Int(first.2)))
        #expect(written > 0 && failed > 0, "\(full.output)")
        let reports = full.errors.split(separator: "\n").filter { $0.hasPrefix("  tile ") }
        #expect(reports.count == failed)
        for report in reports {
            #expect(report.contains(" '\(folder)/") && report.contains("\(ending)': "), "\(report)")
            #expect(!report.contains("partial"), "\(report)")
            #expect(
                report.hasSuffix(
                    "No space left on device. Free space there or choose another folder, then run the same command again."
                ),
                "\(report)"
            )
        }
        #expect(try cube.indexedCount(product) == written)
        let left = TemporaryFolder.files(below: folder)
        #expect(left.allSatisfy { !$0.contains("partial") }, "\(left)")
        // A tile is one netCDF file, or ten bands and a document.
        #expect(left.count == written * (ending == ".nc" ? 1 : 11), "\(left)")

        try disk.resize(kilobytes: 100_000)
        let roomy = try cube.job.run(line)
        #expect(roomy.status == 0, "\(roomy.errors)")
        #expect(roomy.output.contains(": \(failed) tile\(failed == 1 ? "" : "s") written, \(written) already there"))
        #expect(try cube.indexedCount(product) == written + failed)
    }
}
