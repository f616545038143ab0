import DatacubeIndex
import Foundation
import Geo
import Raster
import TestSupport
import Testing
import Workflows

/// What a recipe makes of time: which scenes are one slice, which slices belong to an output, what a mask drops of each.
@Suite("Slices of recipes")
struct RecipeSliceTests {
    /// Pixels along a side of the one cell, whose corner is the scenes'.
    private static let side = 150

    private func recipe(_ outputs: String, input: String = "") -> String {
        """
        name: slices
        inputs:
          s2:
            product: scenes
            measurements: [red]
            \(input)
        grid: {tile_size: \(Self.side * 20), origin: {x: 600200, y: \(2_299_900 - Self.side * 20)}}
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs:
        \(outputs)
        """
    }

    private func scene(_ time: String, column: Int = 0, red: [UInt16]) -> TestCube.Scene {
        TestCube.Scene(
            time: time,
            grid: utmGrid(column: column, width: red.count, height: 1),
            red: red,
            nir: red,
            qa: red.map { _ in 4 }
        )
    }

    private func values(_ cube: TestCube, _ variable: String, _ window: PixelWindow) async throws -> [Int16] {
        let dataset = try #require(try await cube.datasets("features").first)
        return try NetCDFFile(opening: try #require(dataset.localPath)).read(
            Int16.self,
            variable: variable,
            window: window
        )
    }

    private let eight = PixelWindow(column: 0, row: 0, width: 8, height: 1)

    /// Two scenes of one second, and one of the same pass twelve seconds later.
    @Test(arguments: [
        ("solar_day", [1, 1, 1, 1, 1, 1, 1, 1], [10, 10, 10, 10, 20, 20, 40, 40] as [Int16]),
        ("time", [1, 1, 1, 1, 2, 2, 1, 1], [10, 10, 10, 10, 60, 60, 40, 40]),
        ("none", [1, 1, 2, 2, 2, 2, 1, 1], [10, 10, 30, 30, 60, 60, 40, 40]),
    ]) func `scenes of a day, of a time, or each by itself are counted`(
        grouping: String,
        counts: [Int16],
        sums: [Int16]
    ) async throws {
        let cube = try await TestCube()
        // Of one time the lesser id comes first.
        var (first, second) = (
            scene("2017-01-15T17:20:00Z", red: [10, 10, 10, 10]),
            scene("2017-01-15T17:20:00Z", column: 2, red: [20, 20, 20, 20])
        )
        first.id = try #require(UUID(uuidString: "00000000-0000-4000-8000-000000000001"))
        second.id = try #require(UUID(uuidString: "00000000-0000-4000-8000-000000000002"))
        for scene in [first, second, scene("2017-01-15T17:20:12Z", column: 4, red: [40, 40, 40, 40])] {
            try await cube.add(scene)
        }
        let outputs = """
            - {name: n, value: red, reduce: count, scale_factor: 1}
            - {name: total, value: red, reduce: sum}
            """
        let made = try await cube.apply(recipe(outputs, input: "group_by: \(grouping)"))
        #expect(made.written == 1 && made.isComplete)
        #expect(try await values(cube, "n", eight) == counts)
        #expect(try await values(cube, "total", eight) == sums)
    }

    /// By pandas: `series.groupby(series.index.to_period(f)).sum()` for f = M, Q, Q-NOV (named by the year in which the
    /// three months end) and Y.
    @Test func `each month, quarter, season and year has an output of its own`() async throws {
        let cube = try await TestCube()
        let days = ["2016-12-10", "2017-01-15", "2017-03-05", "2017-06-30", "2017-07-01", "2017-11-20", "2017-12-31"]
        for (number, day) in days.enumerated() {
            try await cube.add(scene(day + "T17:20:00Z", red: [100 << UInt16(number)]))
        }
        let outputs = ["month", "quarter", "season", "year"].map {
            "- {name: \"\($0)_{period}\", value: red, reduce: sum, by: \($0)}"
        }.joined(separator: "\n")
        let made = try await cube.apply(recipe(outputs), begin: "2016-12-01", end: "2017-12-31")
        #expect(made.written == 1 && made.isComplete)
        let expected: [(String, Int16)] = [
            ("month_2016_12", 100), ("month_2017_01", 200), ("month_2017_02", -9999), ("month_2017_03", 400),
            ("month_2017_06", 800), ("month_2017_07", 1600), ("month_2017_11", 3200), ("month_2017_12", 6400),
            ("quarter_2016_q4", 100), ("quarter_2017_q1", 600), ("quarter_2017_q2", 800), ("quarter_2017_q3", 1600),
            ("quarter_2017_q4", 9600), ("season_2017_djf", 300), ("season_2017_mam", 400), ("season_2017_jja", 2400),
            ("season_2017_son", 3200), ("season_2018_djf", 6400), ("year_2016", 100), ("year_2017", 12_600),
        ]
        let pixel = PixelWindow(column: 0, row: 0, width: 1, height: 1)
        for (name, value) in expected {
            #expect(try await values(cube, name, pixel) == [value], "\(name)")
        }
    }

    /// Reflectance 0.2 is stored as 2000 before baseline 04.00 of Sentinel-2, and as 3000 from then on.
    @Test func `old and new scenes with their own offsets give one series`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2021-06-01T17:20:00Z", red: [2000, 2000, 1000, 0]))
        var new = scene("2022-06-01T17:20:00Z", red: [3000, 4000, 0, 1500])
        new.addOffset = -0.1
        try await cube.add(new)
        let names = ["mean", "max", "first", "last", "range"]
        let outputs = names.map { "- {name: \($0), value: red, reduce: \($0)}" }.joined(separator: "\n")
        _ = try await cube.apply(recipe(outputs), begin: "2021-01-01", end: "2022-12-31")
        let four = PixelWindow(column: 0, row: 0, width: 4, height: 1)
        let expected: [[Int16]] = [
            [2000, 2500, 1000, 500], [2000, 3000, 1000, 500], [2000, 2000, 1000, 500], [2000, 3000, 1000, 500],
            [0, 1000, 0, 0],
        ]
        for (name, line) in zip(names, expected) { #expect(try await values(cube, name, four) == line, "\(name)") }
    }

    @Test(
        .enabled(if: TestNumpy.isAvailable),
        arguments: [
            [("dilate", 3)], [("erode", 2)], [("opening", 2)], [("closing", 3)], [("opening", 1), ("dilate", 4)],
            [("closing", 2), ("erode", 1)],
        ]
    ) func `steps on a mask are scipy's, across the borders of blocks`(steps: [(String, Int)]) async throws {
        let (cube, side) = (try await TestCube(), Self.side)
        let grid = utmGrid(width: side, height: side)
        // Clouds of every size with holes, and single pixels.
        let qa = (0..<grid.pixelCount).map { pixel -> UInt8 in
            let (y, x) = (Double(pixel / side), Double(pixel % side))
            let wave = sin(x / 9) * cos(y / 7) + 0.6 * sin((x + 2 * y) / 4)
            return (wave > 0.55) != (pixel * 7919 % 211 == 0) ? 9 : 4
        }
        try await cube.add(
            TestCube.Scene(
                time: "2017-01-15T17:20:00Z",
                grid: grid,
                red: qa.map { _ in 1000 },
                nir: qa.map { _ in 1000 },
                qa: qa
            )
        )
        let list = steps.map { "{\($0.0): \($0.1)}" }.joined(separator: ", ")
        let input = "mask: {qa: {scl: [vegetation]}}\n    mask_steps: [\(list)]"
        let made = try await cube.apply(
            recipe("- {name: n, value: red, reduce: count, scale_factor: 1}", input: input),
            options: RunOptions(jobs: 2, memory: 200_000)
        )
        #expect(made.blockShape[0] < side && made.blockShape[1] < side / 3, "\(made.blockShape)")
        let kept = try await values(cube, "n", PixelWindow(column: 0, row: 0, width: side, height: side))

        let (mask, result) = (cube.folder.path("mask"), cube.folder.path("result"))
        try Data(qa.map { $0 == 9 ? 1 : 0 }).write(to: URL(fileURLWithPath: mask))
        let python = try TestNumpy.run(
            file: pythonFile("morphology.py"),
            [mask, "\(side)", result] + steps.flatMap { [$0.0, "\($0.1)"] }
        )
        #expect(python.status == 0, "\(python.errors)")
        let dropped = try Data(contentsOf: URL(fileURLWithPath: result))
        let differ = zip(kept, dropped).count { ($0 == 0) != ($1 == 1) }
        #expect(differ == 0 && dropped.contains(1) && dropped.contains(0), "\(differ) of \(kept.count)")
    }
}
