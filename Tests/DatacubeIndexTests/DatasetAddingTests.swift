import DatacubeIndex
import Documents
import Foundation
import Geo
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct DatasetAddingTests {
    private func candidate(_ text: String, _ location: String = "file:///data/a.yaml") throws -> DatasetCandidate {
        DatasetCandidate(document: try Samples.document(text), location: location)
    }

    private func reason(_ text: String) async throws -> String {
        let index = try await Samples.makeIndex()
        let results = try await index.addDatasets([try candidate(text)])
        return try #require(results.first?.rejection).description
    }

    @Test func `a dataset comes back with extent, location and nothing lost`() async throws {
        let index = try await Samples.makeIndex()
        let text = Samples.scene(more: "extra: {kept: [1, 2.0, yes]}")
        #expect(try await index.addDataset(try Samples.document(text), location: "file:///data/a.yaml"))
        let id = try #require(UUID(uuidString: "6d4894ed-3368-47cb-a8f4-000000000001"))
        let stored = try #require(try await index.dataset(id))
        #expect(stored.locations == ["file:///data/a.yaml"])
        #expect(stored.productName == "ls_demo")
        #expect(stored.document["extra"] == ["kept": [1, 2.0, true]])
        #expect(stored.document["lineage"] == ["source_datasets": [:]])
        // Corners by gdaltransform -s_srs EPSG:32613 -t_srs EPSG:4326.
        let bounds = try #require(stored.lonLatBounds)
        #expect(abs(bounds.left - -104.039471600954) < 1e-9)
        #expect(abs(bounds.top - 20.7971889977949) < 1e-9)
    }

    @Test func `adding again changes nothing and adds no location`() async throws {
        let index = try await Samples.makeIndex()
        let scene = Samples.scene()
        #expect(try await index.addDatasets([try candidate(scene)]).map(\.outcome) == [.added])
        let again = try await index.addDatasets([try candidate(scene, "file:///other/a.yaml")])
        #expect(again.map(\.outcome) == [.alreadyPresent])
        #expect(try await index.datasets(matching: DatasetQuery()).map(\.locations) == [["file:///data/a.yaml"]])
    }

    @Test func `one bad dataset stops no other`() async throws {
        let index = try await Samples.makeIndex()
        let good = (1...3).map { Samples.scene(id: "6d4894ed-3368-47cb-a8f4-00000000000\($0)") }
        let bad = Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000009", time: "garbage")
        let results = try await index.addDatasets(
            try [good[0], bad, good[1], "just text: 1", good[2]].map { try candidate($0) }
        )
        #expect(results.map { $0.outcome == .added } == [true, false, true, false, true])
        // The words are PostgreSQL's: the index on time refuses the text.
        #expect(
            results[1].rejection?.description.contains("invalid input syntax for type timestamp: \"garbage\"") == true
        )
        #expect(results[3].rejection?.description.contains("No id defined in dataset doc") == true)
        #expect(try await index.datasets(matching: DatasetQuery()).count == 3)
    }

    @Test func `lineage is kept in its own table, whatever the order`() async throws {
        let index = try await Samples.makeIndex()
        let source = "6d4894ed-3368-47cb-a8f4-0000000000aa"
        let derived = Samples.scene(more: "lineage: {ard: [\(source)]}")
        let results = try await index.addDatasets([try candidate(derived), try candidate(Samples.scene(id: source))])
        #expect(results.map(\.outcome) == [.added, .added])
        let id = try #require(results[0].id)
        let sources = try await index.sources(of: id)
        #expect(sources.map(\.classifier) == ["ard"])
        #expect(sources.map(\.dataset.idText) == [source])
        #expect(try await index.derived(from: try #require(sources.first).dataset.id).map(\.id) == [id])
    }

    @Test func `several sources of a kind are numbered`() async throws {
        let index = try await Samples.makeIndex()
        let ids = (1...2).map { "6d4894ed-3368-47cb-a8f4-0000000000b\($0)" }
        for id in ids {
            try await index.addDataset(try Samples.document(Samples.scene(id: id)), location: "file:///\(id)")
        }
        let text = Samples.scene(more: "lineage: {ard: [\(ids.joined(separator: ", "))], empty: []}")
        try await index.addDataset(try Samples.document(text), location: "file:///d")
        let id = try #require(UUID(uuidString: "6d4894ed-3368-47cb-a8f4-000000000001"))
        #expect(try await index.sources(of: id).map(\.classifier) == ["ard1", "ard2"])
    }

    @Test func `a source that is missing is named`() async throws {
        let text = try await reason(Samples.scene(more: "lineage: {ard: [6d4894ed-3368-47cb-a8f4-0000000000aa]}"))
        #expect(text.contains("source 6d4894ed-3368-47cb-a8f4-0000000000aa ('ard') is not in the index"))
        #expect(text.contains("Add the source first, or use --ignore-lineage."))
    }

    @Test func `a measurement that the product has and the dataset has not is named`() async throws {
        let text = try await reason(
            Samples.scene(measurements: "red: {path: a}, temprature: {path: b}, quality: {path: c}")
        )
        #expect(text.contains("The dataset is not specifying all of the measurements in this product."))
        #expect(text.contains("Product 'ls_demo' has temperature, the document does not (it has 'temprature')"))
    }

    @Test func `who has fewer measurements is told what fits`() async throws {
        let text = Samples.scene(measurements: "red: {path: a}")
        #expect(try await reason(text).contains("Add a product of what it has (red), and name that by --product"))
        let index = try await Samples.makeIndex()
        let alone = """
            {name: ls_red, description: Red alone, metadata_type: eo3, metadata: {product: {name: ls_red}},
             measurements: [{name: red, dtype: int16, nodata: -999, units: "1"}]}
            """
        try await index.addProduct(try Samples.document(alone))
        let rejection = try await index.addDatasets([try candidate(text)]).first?.rejection
        #expect(rejection?.description.contains("Name one that fits: --product ls_red") == true)
    }

    @Test func `a dataset of no product names what differs`() async throws {
        let text = try await reason(Samples.scene(product: "other"))
        #expect(text.contains("Dataset metadata did not match product signature of 'ls_demo'"))
        #expect(text.contains("product.name is \"other\", the product asks for \"ls_demo\""))
    }

    // The texts are those of datacube 1.8.20.
    @Test(arguments: [
        ("id: 6d4894ed-3368-47cb-a8f4-000000000001", "", "No id defined in dataset doc"),
        ("a8f4-000000000001", "a8f4", "is no UUID"),
        ("schemas.opendatacube.org/dataset", "example.org/x", "Unsupported dataset schema: https://example.org/x"),
        ("crs: EPSG:32613", "", "Input must have crs and grids."),
        ("default: {", "other: {", "Input must have grids.default"),
        ("shape: [200, 100]", "shape: [200]", "Grid shape must be two dimensional"),
        ("transform: [30.0, 0.0,", "transform: [30.0,", "Grid transform must have 6 or 9 elements."),
        (
            "-30.0, 2300000.0, 0.0, 0.0, 1.0]", "-30.0, 2300000.0, 0.0, 0.0, 2.0]",
            "Grid transform must be a valid Affine matrix"
        ),
        ("crs: EPSG:32613", "crs: EPSG:1", "EPSG:1"),
        (
            "product: {name", "lineage: {a: {id: 1}}\nproduct: {name",
            "Embedded lineage not supported for eo3 metadata types"
        ),
        (
            "product: {name", "geometry: {type: MultiPolygon, coordinates: []}\nproduct: {name",
            "geometry must be a GeoJSON Polygon"
        ),
    ])
    func `what is wrong with an EO3 document is said`(old: String, new: String, expected: String) async throws {
        let scene = Samples.scene()
        let text = scene.replacing(old, with: new)
        #expect(text != scene)
        #expect(try await reason(text).contains(expected))
    }

    @Test func `an unknown product among the options gets the nearest name`() async throws {
        let index = try await Samples.makeIndex()
        var options = AddOptions()
        options.products = ["ls_dem"]
        let (chosen, candidates) = (options, [try candidate(Samples.scene())])
        let error = try await #require(throws: IndexError.self) {
            try await index.addDatasets(candidates, options: chosen)
        }
        #expect(error.description.contains("Did you mean 'ls_demo'?"))
    }

    @Test func `a dry run writes nothing`() async throws {
        let index = try await Samples.makeIndex()
        var options = AddOptions()
        options.isDryRun = true
        #expect(
            try await index.addDatasets([try candidate(Samples.scene())], options: options).map(\.outcome) == [.added]
        )
        #expect(try await index.datasets(matching: DatasetQuery()).isEmpty)
    }

    @Test func `a location within the document wins and is not stored`() async throws {
        let index = try await Samples.makeIndex()
        try await index.addDataset(
            try Samples.document(Samples.scene(more: "location: s3://b/k.yaml")),
            location: "file:///x"
        )
        let stored = try #require(try await index.datasets(matching: DatasetQuery()).first)
        #expect(stored.locations == ["s3://b/k.yaml"])
        #expect(stored.document["location"] == nil)
    }
}

@Suite(.enabled(if: TestDatabase.isAvailable)) struct DatasetSearchTests {
    /// Four scenes: two places, two dates.
    private func makeIndex() async throws -> Index {
        let index = try await Samples.makeIndex()
        let scenes = [
            Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000001", time: "2017-01-10T17:00:00Z"),
            Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000002", time: "2017-06-10T17:00:00Z"),
            Samples.scene(
                id: "6d4894ed-3368-47cb-a8f4-000000000003",
                time: "2017-01-10T17:00:00Z",
                corner: (700000, 2300000)
            ),
            Samples.scene(
                id: "6d4894ed-3368-47cb-a8f4-000000000004",
                time: "2017-06-10T17:00:00Z",
                corner: (700000, 2300000)
            ),
        ]
        let candidates = try scenes.enumerated().map {
            DatasetCandidate(document: try Samples.document($1), location: "file:///s/\($0).yaml")
        }
        #expect(try await index.addDatasets(candidates).allSatisfy { $0.outcome == .added })
        return index
    }

    private func ids(_ datasets: [Dataset]) -> [Int?] { datasets.map { $0.idText.last?.wholeNumberValue } }

    @Test func `time and place narrow the result`() async throws {
        let index = try await makeIndex()
        #expect(ids(try await index.datasets(matching: DatasetQuery())) == [1, 3, 2, 4])
        let winter = DatasetQuery(product: "ls_demo", time: TimeRange(period: "2017-01"))
        #expect(ids(try await index.datasets(matching: winter)) == [1, 3])
        // 700000 E is at 103.08 W, 600000 E at 104.04 W.
        let east = BoundingBox(left: -103.5, bottom: 20, right: -103, top: 21)
        #expect(ids(try await index.datasets(matching: DatasetQuery(bounds: east))) == [3, 4])
        let both = DatasetQuery(product: "ls_demo", time: TimeRange(period: "2017-01-10"), bounds: east)
        #expect(ids(try await index.datasets(matching: both)) == [3])
        #expect(try await index.datasets(matching: DatasetQuery(time: TimeRange(period: "2016"))).isEmpty)
    }

    @Test func `search fields compare as in the Open Data Cube`() async throws {
        let index = try await makeIndex()
        func count(_ fields: [String: SearchTerm]) async throws -> Int {
            try await index.datasets(matching: DatasetQuery(fields: fields)).count
        }
        #expect(try await count(["region_code": .equals("029046")]) == 4)
        #expect(try await count(["region_code": .equals("029047")]) == 0)
        #expect(try await count(["cloud_cover": .between(0, 12.5)]) == 0)
        #expect(try await count(["cloud_cover": .between(12.5, 13)]) == 4)
        #expect(try await count(["lat": .between(20, 21)]) == 4)
        #expect(try await count(["id": .equals("6d4894ed-3368-47cb-a8f4-000000000002")]) == 1)
        #expect(try await count(["product": .equals("ls_demo"), "metadata_type": .equals("eo3")]) == 4)
        let error = try await #require(throws: IndexError.self) { try await count(["cloud_cver": .between(0, 1)]) }
        #expect(error.description.contains("Did you mean 'cloud_cover'?"))
    }

    @Test func `the dynamic index serves a search by place and time`() async throws {
        let index = try await makeIndex()
        let session = try Session(index.settings)
        try session.execute("SET enable_seqscan TO off; SET enable_bitmapscan TO off")
        let view = try session.query("SELECT pg_get_indexdef('agdc.dix_ls_demo_time_lat_lon'::regclass) AS sql")
        #expect(view[0]["sql"]?.contains("archived IS NULL") == true)
        let number = try #require(try await index.product(named: "ls_demo").id)
        let plan = try session.query(
            """
            EXPLAIN SELECT id FROM agdc.dataset AS d WHERE d.archived IS NULL AND d.dataset_type_ref = \(number)
            AND agdc.float8range(CAST(d.metadata #>> '{extent,lat,begin}' AS double precision),
                CAST(d.metadata #>> '{extent,lat,end}' AS double precision), '[]') && agdc.float8range(20, 21, '[]')
            """
        ).compactMap { $0[0] }.joined()
        #expect(plan.contains("Index Scan using dix_ls_demo_"))
    }

    @Test func `archived datasets are left out until they are restored`() async throws {
        let index = try await makeIndex()
        let all = try await index.datasets(matching: DatasetQuery())
        #expect(try await index.archive([all[0].id, all[1].id]) == 2)
        #expect(try await index.archive([all[0].id]) == 0)
        #expect(ids(try await index.datasets(matching: DatasetQuery())) == [2, 4])
        let everything = try await index.datasets(matching: DatasetQuery(includeArchived: true))
        #expect(everything.filter(\.isArchived).map(\.id) == [all[0].id, all[1].id])
        #expect(try await index.restore([all[0].id]) == 1)
        #expect(ids(try await index.datasets(matching: DatasetQuery())) == [1, 2, 4])
    }

    @Test func `a dataset beyond the date line is found on both sides`() async throws {
        let index = try await Samples.makeIndex()
        // UTM zone 60, its east end: from 179.9 E over the date line.
        let text = Samples.scene(corner: (805000, 2300000)).replacing("EPSG:32613", with: "EPSG:32660")
            .replacing("[200, 100]", with: "[200, 3000]")
        try await index.addDataset(try Samples.document(text), location: "file:///a")
        let bounds = try #require(try await index.datasets(matching: DatasetQuery()).first?.lonLatBounds)
        #expect(bounds.left < 180 && bounds.right > 180)
        for box in [
            BoundingBox(left: -180, bottom: 20, right: -179.8, top: 21),
            BoundingBox(left: 179.95, bottom: 20, right: 180, top: 21),
        ] {
            #expect(try await index.datasets(matching: DatasetQuery(bounds: box)).count == 1)
        }
        let elsewhere = BoundingBox(left: -170, bottom: 20, right: -160, top: 21)
        #expect(try await index.datasets(matching: DatasetQuery(bounds: elsewhere)).isEmpty)
    }

    @Test func `datasets are found by where they lie`() async throws {
        let index = try await makeIndex()
        #expect(ids(try await index.datasets(at: "file:///s/2.yaml")) == [3])
        #expect(try await index.datasets(at: "file:///s/", isPrefix: true).count == 4)
        #expect(try await index.archiveDatasets(at: "file:///s/2.yaml") == 1)
        #expect(ids(try await index.datasets(matching: DatasetQuery())) == [1, 2, 4])
    }
}
