import DatacubeIndex
import Foundation
import Geo
import Raster
import TestSupport
import Testing
import Workflows

/// Several scenes of one solar day, of which one counts at each pixel.
@Suite("Fusing scenes of a day")
struct FusingTests {
    private func recipe(_ fuse: String, mask: String = "") -> String {
        """
        name: fused
        inputs:
          s2:
            product: scenes
            measurements: [red, nir]
            fuse: \(fuse)
            \(mask)
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs:
          - {name: "{band}", value: [red, nir], reduce: mean}
          - {name: n, value: red, reduce: count, scale_factor: 1}
        """
    }

    /// Two scenes of five pixels in one row, the earlier first.
    private func cube() async throws -> TestCube {
        let cube = try await TestCube()
        let grid = utmGrid(width: 5, height: 1)
        let first = TestCube.Scene(
            time: "2017-01-15T17:20:00Z",
            grid: grid,
            red: [100, 200, 300, 400, 0],
            nir: [1, 20, 3, 40, 5],
            qa: [9, 4, 6, 0, 4]
        )
        let second = TestCube.Scene(
            time: "2017-01-15T17:20:12Z",
            grid: grid,
            red: [1000, 2000, 3000, 4000, 5000],
            nir: [10, 2, 30, 4, 50],
            qa: [4, 4, 4, 9, 9]
        )
        try await cube.add(first)
        try await cube.add(second)
        return cube
    }

    private func values(_ cube: TestCube, _ name: String, _ product: String) async throws -> [Int16] {
        let dataset = try #require(try await cube.datasets(product).first)
        let file = try NetCDFFile(opening: try #require(dataset.localPath))
        let shape = try #require(file.shape(of: name))
        let pixels = try file.read(
            Int16.self,
            variable: name,
            window: PixelWindow(column: 0, row: 0, width: shape[2], height: shape[1])
        )
        return pixels.filter { $0 != -9999 && $0 != 0 }
    }

    @Test func `the first with a value counts without a ranking`() async throws {
        let cube = try await cube()
        _ = try await cube.apply(recipe("first"))
        #expect(try await values(cube, "red", "features") == [100, 200, 300, 400, 5000])
    }

    /// By hand: classes 9/4, 4/4, 6/4, unknown/9, 4/9; where the best has no red, the other's is taken.
    @Test func `by a flag, the one whose meaning stands first counts, in all measurements`() async throws {
        let cube = try await cube()
        _ = try await cube.apply(recipe("{qa: {scl: [vegetation, water]}}"))
        #expect(try await values(cube, "red", "features") == [1000, 200, 3000, 4000, 5000])
        #expect(try await values(cube, "nir", "features") == [10, 20, 30, 4, 5])
        let masked = recipe("{qa: {scl: [water, vegetation]}}", mask: "mask: {qa: {scl: [vegetation, water]}}")
        _ = try await cube.apply(masked, name: "masked")
        #expect(try await values(cube, "red", "masked") == [1000, 200, 300, 5000])
        #expect(try await values(cube, "n", "masked") == [1, 1, 1, 1])
    }

    @Test(arguments: [
        ("least", [Int16(100), 2000, 300, 4000, 5000]), ("most", [1000, 200, 3000, 400, 5000]),
    ])
    func `by a measurement, the one with the least or the most counts`(
        preference: String,
        expected: [Int16]
    ) async throws {
        let cube = try await cube()
        _ = try await cube.apply(recipe("{nir: \(preference)}"))
        #expect(try await values(cube, "red", "features") == expected)
    }

    @Test func `a ranking that is none is named with its line`() async throws {
        let cube = try await cube()
        let error = await #expect(throws: (any Error).self) { _ = try await cube.apply(recipe("{nir: lest}")) }
        #expect(
            "\(try #require(error))".hasPrefix(
                "recipe.yaml:6: 'inputs.s2.fuse.nir' has the unknown value 'lest'. Did you mean 'least'?"
            ),
            "\(String(describing: error))"
        )
    }
}
