import DatacubeIndex
import Documents
import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct DatasetLineageTests {
    private static let types = ["raw", "level1", "nbar"]

    private func text(_ number: Int) -> String { "6d4894ed-3368-47cb-a8f4-00000000010\(number)" }

    private func id(_ number: Int) throws -> UUID { try #require(UUID(uuidString: text(number))) }

    /// A document of the older layout with those of its sources inside.
    private func scene(_ number: Int, _ type: String, sources: [(String, String)] = []) -> String {
        let embedded = sources.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        return """
            {"id": "\(text(number))", "product_type": "\(type)", "note": "scene \(number)",
             "lineage": {"algorithm": {"name": "\(type)"}, "source_datasets": {\(embedded)}}}
            """
    }

    /// An index with products of the metadata type eo for raw data, level 1 and reflectances.
    private func makeIndex() async throws -> Index {
        let index = try await Samples.makeIndex()
        for type in Self.types {
            let product = "{name: \(type), description: d, metadata_type: eo, metadata: {product_type: \(type)}}"
            try await index.addProduct(try Samples.document(product))
        }
        return index
    }

    private func add(_ text: String, to index: Index) async throws {
        let results = try await index.addDatasets([
            DatasetCandidate(document: try Samples.document(text), location: "file:///data/\(UUID().uuidString).yaml")
        ])
        #expect(results.map(\.outcome) == [.added], "\(results.compactMap(\.rejection))")
    }

    @Test func `a stored document gets the sources of its sources back, and can be embedded again`() async throws {
        let index = try await makeIndex()
        let raw = scene(1, "raw")
        let levels = [scene(2, "level1", sources: [("satellite", raw)]), scene(3, "level1", sources: [("0", raw)])]
        let given = scene(4, "nbar", sources: [("a", levels[0]), ("b", levels[1])])
        try await add(given, to: index)
        let stored = try #require(try await index.dataset(id(4)))
        #expect(stored.document.at("lineage", "source_datasets") == [:])
        let whole = try await index.lineage(of: [id(4)]).wholeDocument(of: stored)
        // Objects are equal whatever the order of their keys.
        #expect(whole == (try Samples.document(given).value))
        #expect(DatasetLineage().wholeDocument(of: stored) == stored.document)
        try await add(scene(5, "nbar", sources: [("0", JSONText.write(whole))]), to: index)
    }

    @Test func `a circle of lineage ends in a reference, and so do EO3 sources`() async throws {
        let index = try await makeIndex()
        try await add(scene(2, "level1", sources: [("0", scene(1, "raw"))]), to: index)
        try await add(Samples.scene(), to: index)
        // No program writes a circle; the tables allow it.
        try Session(index.settings).execute(
            """
            INSERT INTO agdc.dataset_source (dataset_ref, classifier, source_dataset_ref) VALUES
                ('\(text(1))', 'back', '\(text(2))'),
                ('\(text(1))', 'eo3', '6d4894ed-3368-47cb-a8f4-000000000001')
            """
        )
        let top = try #require(try await index.dataset(id(2)))
        let whole = try await index.lineage(of: [id(2)]).wholeDocument(of: top)
        let path = ["lineage", "source_datasets", "0"]
        #expect(whole.at(path + ["note"]) == "scene 1")
        #expect(whole.at(path + ["lineage", "source_datasets", "back"]) == ["id": .string(text(2))])
        #expect(
            whole.at(path + ["lineage", "source_datasets", "eo3"]) == ["id": "6d4894ed-3368-47cb-a8f4-000000000001"]
        )
    }

    @Test func `lineage that grows with every level is cut at a thousand documents`() async throws {
        let index = try await makeIndex()
        // Twenty levels, each made from the two before: 28,656 documents in full.
        let ids = (0...20).map { "6d4894ed-3368-47cb-a8f4-\(String(format: "%012d", 200 + $0))" }
        var rows: [String] = []
        for (number, id) in ids.enumerated() {
            try await add(scene(0, "raw").replacing(text(0), with: id), to: index)
            for back in [1, 2] where number >= back { rows.append("('\(id)', '\(back)', '\(ids[number - back])')") }
        }
        try Session(index.settings).execute(
            """
            INSERT INTO agdc.dataset_source (dataset_ref, classifier, source_dataset_ref)
            VALUES \(rows.joined(separator: ", "))
            """
        )
        let last = try #require(UUID(uuidString: ids[20]))
        let top = try #require(try await index.dataset(last))
        let whole = try await index.lineage(of: [top.id]).wholeDocument(of: top)
        #expect(JSONText.write(whole).components(separatedBy: "\"note\"").count - 1 == 1000)
    }
}
