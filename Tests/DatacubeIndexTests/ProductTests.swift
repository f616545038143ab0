import DatacubeIndex
import Documents
import Geo
import TestSupport
import Testing

@Suite struct ProductTests {
    @Test func `measurements keep names, types, nodata and scale`() throws {
        let product = try Samples.product()
        #expect(product.measurements.map(\.name) == ["red", "temperature", "quality"])
        let red = try product.measurement("rot")
        #expect(red.name == "red")
        #expect(red.dtype == .uint16)
        #expect(red.scaleFactor == 2.75e-05)
        #expect(red.addOffset == -0.2)
        #expect(try product.measurement("temperature").nodata.isNaN)
    }

    @Test func `an unknown measurement gets the nearest name`() throws {
        let product = try Samples.product()
        let error = try #require(throws: IndexError.self) { try product.measurement("temprature") }
        #expect(error.description.contains("Did you mean 'temperature'?"))
    }

    @Test func `the storage block makes a grid`() throws {
        let grid = try #require(try Samples.product().gridSpec)
        #expect(grid.crs == CRS("EPSG:32613"))
        #expect(grid.resolution == XY(x: 30, y: -30))
        #expect(grid.tileSize == XY(x: 100000, y: 100000))
    }

    @Test func `longitude and latitude are x and y, and an origin counts`() throws {
        let text = """
            name: p
            metadata: {}
            storage:
              crs: EPSG:4326
              tile_size: {longitude: 1.0, latitude: 2.0}
              resolution: {latitude: -0.01, longitude: 0.02}
              origin: {latitude: 10.0, longitude: -5.0}
            """
        let grid = try #require(try Samples.product(text).gridSpec)
        #expect(grid.tileSize == XY(x: 1, y: 2))
        #expect(grid.resolution == XY(x: 0.02, y: -0.01))
        #expect(grid.origin == Point(x: -5, y: 10))
    }

    @Test func `without a tile size there is no grid, but a hint for loading`() throws {
        let text = "{name: p, metadata: {}, storage: {crs: EPSG:3577, resolution: {x: 25, y: -25}}}"
        let product = try Samples.product(text)
        #expect(product.gridSpec == nil)
        #expect(product.outputHint?.resolution == XY(x: 25, y: -25))
    }

    // Masks and values as datacube 1.8.20's `create_mask_value` gives them for this definition.
    @Test(
        arguments: [
            (["cloud": "high_confidence"], 8, 8), (["cloud": "not_high_confidence"], 8, 0),
            (["cloud_confidence": "medium"], 192, 128),
            (["cloud": "not_high_confidence", "cloud_confidence": "low"], 200, 64),
        ] as [([String: DocumentValue], UInt64, UInt64)]
    )
    func `flags by name and meaning make bit tests`(
        meanings: [String: DocumentValue],
        mask: UInt64,
        value: UInt64
    ) throws {
        let test = try Samples.product().measurement("quality").mask(for: meanings)
        #expect(test == BitTest(mask: mask, value: value))
    }

    @Test func `a meaning may be a boolean`() throws {
        let test = try Samples.product().measurement("quality").test(flag: "snow", meaning: true)
        #expect(test == BitTest(mask: 32, value: 32))
        #expect(test.matches(0b0010_1000))
        #expect(!test.matches(0b0000_1000))
    }

    @Test func `an unknown flag or meaning gets the nearest one`() throws {
        let quality = try Samples.product().measurement("quality")
        let flag = try #require(throws: IndexError.self) { try quality.mask(for: ["clouds": "high_confidence"]) }
        #expect(flag.description.contains("Did you mean 'cloud'?"))
        let meaning = try #require(throws: IndexError.self) { try quality.mask(for: ["cloud_confidence": "hig"]) }
        #expect(meaning.description.contains("Did you mean 'high'?"))
        #expect(meaning.description.contains("Known: none, low, medium, high."))
    }

    @Test func `types that memory does not know are widened`() throws {
        let text = """
            name: p
            metadata: {}
            measurements:
            - {name: a, dtype: int64, nodata: 0, units: "1"}
            - {name: b, dtype: float16, nodata: NaN, units: "1"}
            """
        let product = try Samples.product(text)
        #expect(product.measurements.map(\.dtype) == [.float64, .float32])
        #expect(product.measurements.map(\.dtypeName) == ["int64", "float16"])
    }
}
