import Documents
import TestSupport
import Testing

@Suite("Reading configuration documents")
struct DocumentReaderTests {
    private let text = """
        name: x
        storage:
          crs: EPSG:6372
          tile_sizee: 3
        bands:
          - {name: a, dtype: uint17}
        """

    private func root() throws -> DocumentReader {
        try #require(try YAML.parse(text, origin: "c.yaml").first).root
    }

    @Test func `an unknown key is named with its line and the nearest known one`() throws {
        let storage = try root().required("storage")
        let error = #expect(throws: DocumentError.self) { try storage.allowOnly(["crs", "tile_size"]) }
        #expect(
            error?.description
                == "c.yaml:4: 'storage.tile_sizee' is an unknown key. Did you mean 'tile_size'?"
        )
    }

    @Test func `a missing key is named with the line of its mapping`() throws {
        let storage = try root().required("storage")
        let error = #expect(throws: DocumentError.self) { try storage.required("resolution") }
        #expect(error?.description == "c.yaml:2: 'storage' needs the key 'resolution'.")
    }

    @Test func `a value within a list is named by its number`() throws {
        let band = try root().required("bands").elements()[0]
        let error = #expect(throws: DocumentError.self) { try band.required("dtype").integer() }
        #expect(error?.description == "c.yaml:6: 'bands[0].dtype' must be a whole number, not 'uint17'.")
    }

    @Test(arguments: [
        ("tile_sizee", "tile_size"), ("Jalisko", "Jalisco"), ("NDVI", "ndvi"), ("nri", "nir"), ("unit8", "uint8"),
    ])
    func `the nearest word is found in spite of a typo`(word: String, expected: String) {
        #expect(
            nearest(to: word, in: ["crs", "tile_size", "Jalisco", "ndvi", "resolution", "nir", "uint8"]) == expected
        )
    }

    @Test func `nothing is proposed where nothing is near`() {
        #expect(nearest(to: "qqqq", in: ["crs", "tile_size"]) == nil)
    }
}
