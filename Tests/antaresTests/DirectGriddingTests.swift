import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// Recipes on scenes that were never ingested.
@Suite(
    "Recipes without ingestion",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: RECIPES ON SIMULATED SCENES NEED POSTGRESQL"),
    .serialized
)
struct DirectGriddingTests {
    private func run(_ job: TestJob, _ lines: [String]) throws {
        for line in lines {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
    }

    /// numpy computes medians and counts again from what Python's `dc.load` reads of the scenes.
    @Test func `landsat_c2_annual gives the medians of what dc_load pastes`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares simulate --sensor landsat_c2 --out simulated --lon -103.4 --lat 20.6 --size-km 3 --tiles 2 --seed 7 "
                    + "--dates 2017-01-15,2017-03-15,2017-05-15,2017-07-15,2017-09-15 --cloud-cover 0.3",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/landsat_c2_l2.yaml",
                "antares prepare_metadata --path simulated/scenes --dataset_name landsat_c2 --outfile scenes.yaml",
                "datacube dataset add scenes.yaml",
                "antares apply_recipe -recipe landsat_c2_annual -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 --name annual",
            ]
        )
        let files = job.program.home.files().filter { $0.contains("recipes/annual") && $0.hasSuffix(".nc") }
        #expect(!files.isEmpty)
        guard TestPython.isAvailable else { return }
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Python/check_direct.py")
        let result = try TestPython.run(
            file: script.standardizedFileURL.path,
            ["annual", "landsat_c2_l2"],
            database: job.database
        )
        let report = try JSONText.parse(result.output, origin: "check_direct.py \(result.errors.suffix(2000))")
        #expect(report["tiles"]?.integer == files.count, "\(result.output)")
        #expect(report["dates"]?.integer == 5)
        #expect((report["valid"]?.integer ?? 0) > 10_000)
        #expect(report["count_differs"]?.integer == 0 && report["wrong"]?.integer == 0, "\(result.output)")
        // A half may fall on either side in binary fractions of 0.0000275.
        let share = Double(report["off_by_one"]?.integer ?? .max) / Double(report["valid"]?.integer ?? 1)
        #expect(share < 0.01, "\(result.output)")
    }

    @Test func `s2_l2a_10m_annual runs on scenes as they are`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares simulate --out simulated --lon -103.4 --lat 20.6 --size-km 2 --tiles 1 --seed 7 --resolutions 10,20 "
                    + "--dates 2017-01-15,2017-03-15,2017-05-15,2017-07-15 --cloud-cover 0.1",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/s2_l2a_10m_granule.yaml",
                "antares prepare_metadata --path simulated/scenes --dataset_name s2_l2a_10m --outfile scenes.yaml",
                "datacube dataset add scenes.yaml",
                "antares apply_recipe -recipe s2_l2a_10m_annual -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 --name annual",
            ]
        )
        let files = job.program.home.files().filter { $0.contains("recipes/annual") && $0.hasSuffix(".nc") }
        var valid = 0
        for name in files {
            let path = job.program.home.path(name)
            let shape = try #require(try NetCDFFile(opening: path).shape(of: "ndvi_median"))
            let window = PixelWindow(column: 0, row: 0, width: shape[2], height: shape[1])
            let file = try NetCDFFile(opening: path)
            let ndvi = try file.read(Int16.self, variable: "ndvi_median", window: window)
            let (low, high) = (
                try file.read(Int16.self, variable: "ndvi_p10", window: window),
                try file.read(Int16.self, variable: "ndvi_p90", window: window)
            )
            let count = try file.read(UInt16.self, variable: "count", window: window)
            for pixel in ndvi.indices where ndvi[pixel] != -9999 {
                valid += 1
                #expect(low[pixel] <= ndvi[pixel] && ndvi[pixel] <= high[pixel] && (3...4).contains(count[pixel]))
            }
        }
        #expect(valid > 1000, "\(files)")
    }
}
