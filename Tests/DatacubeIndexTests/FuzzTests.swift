import DatacubeIndex
import Documents
import Foundation
import Postgres
import TestSupport
import Testing

/// Documents that chance has changed: nothing crashes, and nothing half-written stays.
///
/// The seeds are fixed, so that a failure comes again.
@Suite struct FuzzTests {
    private static let json = """
        {"$schema": "https://schemas.opendatacube.org/dataset", "id": "6d4894ed-3368-47cb-a8f4-000000000001",
        "product": {"name": "ls_demo"}, "crs": "EPSG:32613", "numbers": [1, -2.5, 3e10, true, null, "a\\u00e9\\n"],
        "grids": {"default": {"shape": [200, 100], "transform": [30.0, 0.0, 6e5, 0.0, -30.0, 2.3e6]}}}
        """

    @Test(arguments: [1, 2, 3]) func `changed texts are read, or refused with a reason`(seed: UInt64) {
        var mutator = Mutator(seed: seed)
        let samples = [
            Samples.scene(more: "lineage: {a: [6d4894ed-3368-47cb-a8f4-00000000000a]}"), Samples.productText,
        ]
        for round in 0..<1500 {
            let text = mutator.change(round % 3 == 2 ? Self.json : samples[round % 3])
            do {
                let documents =
                    round % 3 == 2
                    ? [SourceDocument(origin: "fuzz.json", value: try JSONText.parse(text, origin: "fuzz.json"))]
                    : try YAML.parse(text, origin: "fuzz.yaml")
                // What was read can be written, and reads back as the same.
                for document in documents {
                    let written = JSONText.write(document.value)
                    let again = try JSONText.parse(written, origin: "again")
                    #expect(JSONText.write(again) == written)
                }
            } catch {
                let isClear = error.origin.hasPrefix("fuzz") && !error.reason.isEmpty
                #expect(isClear, "seed \(seed), round \(round): \(error)")
            }
        }
    }

    @Test(.enabled(if: TestDatabase.isAvailable), arguments: [11, 12])
    func `changed datasets are added whole, or rejected with a reason`(seed: UInt64) async throws {
        let index = try await Samples.makeIndex()
        _ = try await index.makeFootprints()
        var mutator = Mutator(seed: seed)
        let legacy = """
            id: 6d4894ed-3368-47cb-a8f4-000000000001
            product: {name: ls_demo}
            measurements: {red: {path: a}, temperature: {path: b}, quality: {path: c}}
            grid_spatial: {projection: {spatial_reference: EPSG:32613, geo_ref_points: {ul: {x: 1, y: 2}}}}
            lineage: {source_datasets: {}}
            """
        let samples = try [
            Samples.scene(), legacy,
            Samples.scene(
                more: "geometry: {type: Polygon, coordinates: [[[0, 0], [9000, 0], [9000, 9000], [0, 9000], [0, 0]]]}"
            ),
        ].map { try Samples.document($0).value }
        var candidates: [DatasetCandidate] = []
        for round in 0..<900 {
            let id = "6d4894ed-3368-47cb-a8f4-\(String(100_000_000_000 + round))"
            var fields = samples[round % samples.count].object ?? DocumentObject()
            fields["id"] = .string(id)
            let once = mutator.change(.object(fields))
            let document = round % 2 == 0 ? once : mutator.change(once)
            candidates.append(
                DatasetCandidate(
                    document: SourceDocument(origin: "fuzz", value: document),
                    location: "file:///fuzz/\(round).yaml"
                )
            )
        }
        let results = try await index.addDatasets(candidates)
        #expect(results.count == candidates.count)
        for result in results {
            if let rejection = result.rejection { #expect(!rejection.reason.isEmpty) }
        }
        let added = results.count { $0.outcome == .added }
        // Most changes do no harm; were all rejected, this would test nothing.
        #expect(added > 200 && added < 800, "\(added) of \(candidates.count)")
        let row = try Session(index.settings).query(
            """
            SELECT (SELECT count(*) FROM agdc.dataset) AS datasets,
                (SELECT count(DISTINCT dataset_ref) FROM agdc.dataset_location) AS located,
                (SELECT count(*) FROM antares.dataset_footprint) AS footprints
            """
        ).first
        #expect(row?.int("datasets") == added)
        #expect(row?.int("located") == added)
        #expect(row?.int("footprints") == added)
        // All that got in comes out again.
        var seen = 0
        for try await _ in index.stream(matching: DatasetQuery()) { seen += 1 }
        #expect(seen == added)
    }
}
