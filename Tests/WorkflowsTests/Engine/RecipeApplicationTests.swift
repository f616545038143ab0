import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing
import Workflows

@Suite("Applying recipes")
struct RecipeApplicationTests {
    private let recipe = """
        name: test_features
        inputs:
          s2:
            product: tiles
            measurements: [red, nir]
            mask: {qa: {scl: [vegetation, water]}}
        variables:
          ndvi: (nir - red) / (nir + red)
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs:
          - {name: red_mean, value: red, reduce: mean}
          - {name: ndvi_max, value: ndvi, reduce: max}
          - {name: n, value: red, reduce: count, scale_factor: 1}
        """

    /// A scene of four pixels in one row.
    private func scene(_ time: String, red: [UInt16], nir: [UInt16], qa: [UInt8], column: Int = 0) -> TestCube.Scene {
        TestCube.Scene(time: time, grid: utmGrid(column: column, width: 4, height: 1), red: red, nir: nir, qa: qa)
    }

    private func values(
        _ cube: TestCube,
        _ name: String,
        of product: String = "features",
        column: Int = 10,
        width: Int = 4
    ) async throws -> [Int16] {
        let dataset = try #require(try await cube.datasets(product).first)
        let file = try NetCDFFile(opening: try #require(dataset.localPath))
        return try file.read(
            Int16.self,
            variable: name,
            window: PixelWindow(column: column, row: 5, width: width, height: 1)
        )
    }

    /// Means by hand: clouds (9) and nodata (0) do not count.
    @Test func `masked dates do not count, and pixels without any are nodata`() async throws {
        let cube = try await TestCube()
        try await cube.add(
            scene(
                "2017-01-15T17:20:00Z",
                red: [1000, 2000, 3000, 500],
                nir: [3000, 2000, 1000, 500],
                qa: [4, 4, 9, 9]
            )
        )
        try await cube.add(
            scene("2017-05-15T17:20:00Z", red: [2000, 0, 1001, 700], nir: [6000, 0, 3003, 700], qa: [6, 4, 4, 9])
        )
        try await cube.add(scene("2018-01-15T17:20:00Z", red: [9, 9, 9, 9], nir: [9, 9, 9, 9], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        let summary = try await cube.apply(recipe)
        #expect(summary.written == 1 && summary.isComplete)
        #expect(try await values(cube, "red_mean") == [1500, 2000, 1001, -9999])
        #expect(try await values(cube, "ndvi_max") == [5000, 0, 5000, -9999])
        #expect(try await values(cube, "n") == [2, 1, 1, 0])
    }

    @Test func `the overlap of two scenes of one solar day counts once`() async throws {
        let cube = try await TestCube()
        try await cube.add(
            scene("2017-01-15T17:20:00Z", red: [1000, 1000, 1000, 1000], nir: [1, 1, 1, 1], qa: [4, 4, 4, 4])
        )
        try await cube.add(
            scene(
                "2017-01-15T17:20:12Z",
                red: [5000, 5000, 5000, 5000],
                nir: [1, 1, 1, 1],
                qa: [4, 4, 4, 4],
                column: 2
            )
        )
        _ = try await cube.ingest(try cube.config())
        _ = try await cube.apply(recipe)
        #expect(try await values(cube, "n", width: 6) == [1, 1, 1, 1, 1, 1])
        #expect(try await values(cube, "red_mean", width: 6) == [1000, 1000, 1000, 1000, 5000, 5000])
    }

    /// numpy.interp([1/3, 2/3, 1], [.25, .5, .75, 1], [1000, 1500, 3000, 4000]) = [1166.67, 2500, 4000].
    @Test func `with a reference, each output gets its distribution`() async throws {
        let cube = try await TestCube()
        let clear: [UInt8] = [4, 4, 4, 4]
        let nir: [UInt16] = [4000, 4000, 4000, 4000]
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [3000, 1000, 4000, 1500], nir: nir, qa: clear))
        try await cube.add(scene("2018-01-15T17:20:00Z", red: [300, 200, 100, 900], nir: nir, qa: [4, 4, 4, 9]))
        _ = try await cube.ingest(try cube.config())
        _ = try await cube.apply(recipe)
        let reference = RecipeReference(product: "features")
        let span = ("2018-01-01", "2018-12-31")
        let summary = try await cube.apply(recipe, begin: span.0, end: span.1, name: "matched", reference: reference)
        #expect(summary.written == 1 && summary.isComplete)
        #expect(try await values(cube, "red_mean", of: "matched") == [4000, 2500, 1167, -9999])
        let made = try #require(try await cube.datasets("matched").first)
        #expect(made.document.at("lineage", "reference")?.array?.count == 1)
        let unknown = await #expect(throws: WorkflowError.self) {
            _ = try await cube.apply(recipe, name: "other", reference: RecipeReference(product: "scenes"))
        }
        let reason = "has no measurement to which recipe 'test_features' can be matched"
        #expect(unknown?.description.contains(reason) == true)
    }

    @Test func `the document tells sources, parameters, software and the right centre`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        _ = try await cube.apply(recipe)
        let dataset = try #require(try await cube.datasets("features").first)
        let tiles = try await cube.datasets("tiles").map { DocumentValue.string($0.idText) }
        let document = dataset.document
        #expect(document.at("lineage", "s2") == .array(tiles))
        #expect(document.at("properties", "antares:parameters", "begin") == "2017-01-01")
        #expect(document.at("properties", "antares:parameters", "recipe", "name") == "test_features")
        #expect(document.at("properties", "processing:software", "antares") == "antares test")
        #expect(dataset.time.map { Timestamp.iso($0.begin) } == "2017-01-01T00:00:00Z")
        #expect(dataset.localPath?.hasSuffix("out/recipes/features/test_features_600_2299_2017-07-02.nc") == true)
    }

    @Test func `a second run makes nothing; more input makes the cell again`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        _ = try await cube.apply(recipe)
        #expect(try await cube.apply(recipe).alreadyThere == 1)
        try await cube.add(scene("2017-03-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        #expect(try await cube.apply(recipe).written == 1)
        #expect(try await cube.datasets("features").count == 1)
        #expect(try await values(cube, "n") == [2, 2, 2, 2])
    }

    @Test func `no data in the time range says which times there are`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        let error = await #expect(throws: WorkflowError.self) {
            _ = try await cube.apply(recipe, begin: "2019-01-01", end: "2019-12-31")
        }
        #expect(
            error?.description.hasPrefix(
                "product 'tiles' has no data between 2019-01-01 and 2019-12-31 in the region. "
                    + "The product has data from 2017-01-15 to 2017-01-15, longitudes -104.0"
            ) == true,
            "\(String(describing: error))"
        )
        #expect(error?.code == .noInput)
    }

    @Test func `an unknown product or flag is named with the nearest one`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        _ = try await cube.ingest(try cube.config())
        let product = await #expect(throws: WorkflowError.self) {
            _ = try await cube.apply(recipe.replacing("product: tiles", with: "product: tile"))
        }
        #expect(
            product?.description.hasPrefix("there is no product 'tile' in the index. Did you mean 'tiles'?") == true
        )
        let flag = await #expect(throws: IndexError.self) {
            _ = try await cube.apply(recipe.replacing("water", with: "watr"))
        }
        #expect(flag?.description.contains("Did you mean 'water'?") == true)
    }

    @Test func `scenes that were never ingested are computed on a grid of their own`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("2017-01-15T17:20:00Z", red: [1, 2, 3, 4], nir: [4, 3, 2, 1], qa: [4, 4, 4, 4]))
        let summary = try await cube.apply(recipe.replacing("product: tiles", with: "product: scenes"))
        #expect(summary.written == 1 && summary.isComplete)
        let made = try #require(try await cube.datasets("features").first?.geoBox(of: ""))
        #expect(made.resolution == XY(x: 20, y: -20) && made.crs == CRS("EPSG:32613"))
    }
}
