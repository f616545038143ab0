import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing
import Workflows

/// Matching from a sample of the pixels, against scikit-image's matching of all of them.
@Suite("Histogram matching of large cells", .enabled(if: TestImage.isAvailable))
struct HistogramMatchingTests {
    private static let side = 700

    private let recipe = """
        name: reds
        inputs: {s2: {product: scenes, measurements: [red]}}
        grid: {tile_size: 20000, origin: {x: 600200, y: 2279900}}
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs: [{name: red, value: red, reduce: mean}]
        """

    /// Ground with structure of every size, and a wedge without data.
    private func scene(_ day: String, side: Int = Self.side, _ value: (Double) -> Double) -> TestCube.Scene {
        let grid = utmGrid(width: side, height: side)
        let red = (0..<grid.pixelCount).map { pixel -> UInt16 in
            let (row, column) = (pixel / side, pixel % side)
            guard row + column > 150 else { return 0 }
            let wave = sin(Double(row) / 60) * cos(Double(column) / 90) + 0.3 * sin(Double(row * 3 + column * 7) / 5)
            return UInt16(value((wave + 1.3) / 2.6 + Double(pixel % 97) / 2000))
        }
        return TestCube.Scene(time: day, grid: grid, red: red, nir: red, qa: red.map { _ in 4 })
    }

    private func values(
        _ cube: TestCube,
        _ product: String,
        _ variable: String = "red",
        side: Int = Self.side
    ) async throws -> [Double] {
        let dataset = try #require(try await cube.datasets(product).first)
        let file = try NetCDFFile(opening: try #require(dataset.localPath))
        let whole = PixelWindow(column: 0, row: 0, width: side, height: side)
        return try file.read(Int16.self, variable: variable, window: whole).map { $0 == -9999 ? .nan : Double($0) }
    }

    /// What scikit-image makes of a plane.
    private func matched(_ source: [Double], to target: [Double], _ cube: TestCube) throws -> [Double] {
        func write(_ plane: [Double], _ name: String) throws -> String {
            let path = cube.folder.path(name)
            try plane.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
            return path
        }
        let result = cube.folder.path("result")
        let python = try TestImage.run(
            file: pythonFile("match_histograms.py"),
            [try write(source, "source"), try write(target, "target"), result]
        )
        #expect(python.status == 0, "\(python.errors)")
        return try Data(contentsOf: URL(fileURLWithPath: result)).withUnsafeBytes { bytes in
            (0..<source.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
    }

    @Test func `dates are matched one by one to the mean of another year, as scikit-image does`() async throws {
        let (cube, side) = (try await TestCube(), 160)
        // One dark date, one bright one, and a reference like neither.
        try await cube.add(scene("2017-02-15T17:20:00Z", side: side) { 500 + 2000 * $0 })
        try await cube.add(scene("2018-02-15T17:20:00Z", side: side) { 300 + 700 * $0 * $0 })
        try await cube.add(scene("2018-05-15T17:20:00Z", side: side) { 2500 - 1500 * $0 })
        // A cell as large as the scenes, all of whose pixels are looked at.
        let recipe = recipe.replacing("{name: red,", with: "{name: red_mean,")
            .replacing("tile_size: 20000", with: "tile_size: 3200").replacing("y: 2279900", with: "y: 2296700")
        let dates = "match_reference: dates\n" + recipe
        _ = try await cube.apply(recipe, name: "before")
        _ = try await cube.apply(recipe, begin: "2018-02-01", end: "2018-02-28", name: "dark")
        _ = try await cube.apply(recipe, begin: "2018-05-01", end: "2018-05-31", name: "bright")
        let reference = RecipeReference(product: "before", time: TimeRange(period: "2017"))
        let span = ("2018-01-01", "2018-12-31")
        _ = try await cube.apply(dates, begin: span.0, end: span.1, name: "matched", reference: reference)
        let target = try await values(cube, "before", "red_mean", side: side)
        let dark = try matched(try await values(cube, "dark", "red_mean", side: side), to: target, cube)
        let bright = try matched(try await values(cube, "bright", "red_mean", side: side), to: target, cube)
        let made = try await values(cube, "matched", "red_mean", side: side)
        let differences = zip(made, zip(dark, bright)).compactMap { made, dates in
            dates.0.isNaN ? nil : abs(made - (dates.0 + dates.1) / 2)
        }
        #expect(differences.count > 10_000 && differences.count == made.count { !$0.isNaN })
        #expect((differences.max() ?? .infinity) <= 0.51)
    }

    @Test func `64 windows of a cell give scikit-image's numbers to half a per cent of their range`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-02-15T17:20:00Z") { 500 + 2000 * $0 })
        try await cube.add(scene("2018-02-15T17:20:00Z") { 800 + 1500 * $0 * $0 })
        _ = try await cube.apply(recipe, name: "before")
        _ = try await cube.apply(recipe, begin: "2018-01-01", end: "2018-12-31", name: "plain")
        let days = try #require(TimeRange(period: "2017"))
        let reference = RecipeReference(product: "before", time: days)
        let span = ("2018-01-01", "2018-12-31")
        _ = try await cube.apply(recipe, begin: span.0, end: span.1, name: "matched", reference: reference)
        let (source, target, made) = (
            try await values(cube, "plain"), try await values(cube, "before"), try await values(cube, "matched")
        )
        let expected = try matched(source, to: target, cube)
        let differences = zip(made, expected).compactMap { $1.isNaN ? nil : abs($0 - $1) }
        #expect(differences.count == source.count { !$0.isNaN } && differences.count > 450_000)
        let range = (expected.filter { !$0.isNaN }.max() ?? 0) - (expected.filter { !$0.isNaN }.min() ?? 0)
        let mean = differences.reduce(0, +) / Double(differences.count)
        #expect(mean < range * 0.005 && (differences.max() ?? .infinity) < range * 0.03, "\(mean) of \(range)")
        // Unmatched, they differ by far more.
        let before = zip(source, expected).compactMap { $1.isNaN ? nil : abs($0 - $1) }
        #expect(before.reduce(0, +) / Double(before.count) > 20 * mean)

        let document = try #require(try await cube.datasets("matched").first?.document)
        func parameter(_ name: String) -> DocumentValue? { document.at("properties", "antares:parameters", name) }
        #expect(parameter("reference") == "before" && parameter("reference_begin") == "2017-01-01")
        #expect(parameter("reference_end") == "2017-12-31")
    }
}
