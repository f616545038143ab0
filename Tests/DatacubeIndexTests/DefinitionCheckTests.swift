import DatacubeIndex
import Documents
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct DefinitionCheckTests {
    private func message(_ old: String, _ new: String) async throws -> String {
        let index = try await Index.open(try TestDatabase.make())
        let text = Samples.productText.replacing(old, with: new)
        #expect(text != Samples.productText)
        let document = try Samples.document(text, origin: "p.yaml")
        return try await #require(throws: DocumentError.self) { try await index.addProduct(document) }.description
    }

    @Test func `a typo in a key is named with line and nearest key`() async throws {
        #expect(
            try await message("measurements:", "mesurements:")
                == "p.yaml:11: 'mesurements' is an unknown key. Did you mean 'measurements'?"
        )
    }

    @Test func `a typo in a nested key is named with its path`() async throws {
        let text = try await message("tile_size:", "tile_sizee:")
        #expect(text == "p.yaml:9: 'storage.tile_sizee' is an unknown key. Did you mean 'tile_size'?")
    }

    @Test func `an unknown type gets the nearest`() async throws {
        let text = try await message("dtype: uint16", "dtype: uint_16")
        #expect(
            text.hasPrefix("p.yaml:14: 'measurements[0].dtype' has the unknown value 'uint_16'. Did you mean 'uint16'?")
        )
    }

    @Test func `a missing key is named`() async throws {
        let text = try await message("  nodata: 0\n", "")
        #expect(text.contains("'measurements[0]' needs the key 'nodata'"))
    }

    @Test func `a name with a dash is refused`() async throws {
        let text = try await message("name: ls_demo\ndesc", "name: ls-demo\ndesc")
        #expect(text.contains("p.yaml:1: 'name' 'ls-demo' is no valid name. Use letters, digits and underscores only."))
    }

    @Test func `a nodata that is no number is refused`() async throws {
        let text = try await message("nodata: 0", "nodata: none")
        #expect(text.contains("must be a number or NaN, not 'none'"))
    }

    @Test func `an extra dimension has to be defined`() async throws {
        let text = try await message("dtype: float32", "dtype: float32\n  extra_dim: depth")
        #expect(text.contains("names the dimension 'depth', which extra_dimensions does not define"))
    }

    @Test func `a metadata type without search fields is refused`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        let text = """
            name: mine
            description: d
            dataset: {id: [id], sources: [lineage], creation_dt: [t], label: [l], search_feilds: {}}
            """
        let document = try Samples.document(text, origin: "t.yaml")
        let error = try await #require(throws: DocumentError.self) { try await index.addMetadataType(document) }
        #expect(
            error.description.contains(
                "t.yaml:3: 'dataset.search_feilds' is an unknown key. Did you mean 'search_fields'?"
            )
        )
    }
}
