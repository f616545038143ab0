import DatacubeIndex
import Documents
import Foundation
import Geo
import Postgres
import TestSupport
import Testing

/// The Open Data Cube itself (datacube 1.8.20) on our tables, and we on its.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable)) struct PythonTests {
    /// What the catalogue says of a schema, in words that do not hang on numbers of objects.
    private static let catalogue = [
        "columns": """
        SELECT table_name, column_name, ordinal_position, data_type, udt_name, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'agdc' ORDER BY 1, 3
        """,
        "constraints": """
        SELECT conrelid::regclass, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'agdc'::regnamespace ORDER BY 1, 2
        """,
        "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'agdc' ORDER BY 1",
        "triggers": """
        SELECT tgrelid::regclass, tgname, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal ORDER BY 1, 2
        """,
        "functions": """
        SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile, proisstrict,
            proowner::regrole, proacl
        FROM pg_proc WHERE pronamespace = 'agdc'::regnamespace ORDER BY 1, 2
        """,
        "relations": """
        SELECT relname, relkind, relowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) AS a)
        FROM pg_class WHERE relnamespace = 'agdc'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1
        """,
        "schema": """
        SELECT nspowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) AS a)
        FROM pg_namespace WHERE nspname = 'agdc'
        """,
        "sequences": """
        SELECT sequencename, data_type, start_value, max_value FROM pg_sequences WHERE schemaname = 'agdc' ORDER BY 1
        """,
        "view columns": """
        SELECT table_name, column_name, udt_name FROM information_schema.columns
        WHERE table_schema = 'agdc' AND table_name LIKE 'dv%' ORDER BY 1, 2
        """,
        "types": "SELECT id, name, definition FROM agdc.metadata_type ORDER BY 1",
        "products": "SELECT id, name, metadata, metadata_type_ref, definition FROM agdc.dataset_type ORDER BY 1",
        "datasets": "SELECT id, metadata_type_ref, dataset_type_ref, metadata FROM agdc.dataset ORDER BY 1",
        "locations": "SELECT dataset_ref, uri_scheme, uri_body FROM agdc.dataset_location ORDER BY 1, 2, 3",
        "sources": "SELECT dataset_ref, classifier, source_dataset_ref FROM agdc.dataset_source ORDER BY 1, 2",
    ]

    private func describe(_ settings: ConnectionSettings, _ name: String) throws -> [String] {
        let session = try Session(settings)
        return try session.query(Self.catalogue[name] ?? "").map { row in
            row.columnNames.indices.map { row[$0] ?? "-" }.joined(separator: " | ")
        }
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func expectSuccess(_ result: ShellResult) {
        #expect(result.status == 0, "\(result.output) \(result.errors.suffix(2000))")
    }

    @Test func `our schema is Python's, object by object`() async throws {
        let (ours, theirs) = (try TestDatabase.make(), try TestDatabase.make())
        let index = try await Index.open(ours)
        _ = try await index.initialise()
        try await index.checkFields()
        try await index.addProduct(try Samples.document(Samples.productText))
        expectSuccess(try TestPython.datacube(["system", "init"], database: theirs))
        let product = try write(Samples.productText, "p.yaml")
        expectSuccess(try TestPython.datacube(["product", "add", product], database: theirs))
        for name in Self.catalogue.keys.sorted() {
            #expect(try describe(ours, name) == describe(theirs, name), "\(name)")
        }
    }

    @Test func `Python checks, lists and finds what we added`() async throws {
        let index = try await Samples.makeIndex()
        let results = try await index.addDatasets([
            DatasetCandidate(document: try Samples.document(Samples.scene()), location: "file:///data/a.yaml"),
            DatasetCandidate(
                document: try Samples.document(
                    Samples.scene(id: "6d4894ed-3368-47cb-a8f4-000000000002", time: "2018-01-01T00:00:00Z")
                ),
                location: "file:///data/b.yaml"
            ),
        ])
        #expect(results.allSatisfy { $0.outcome == .added })
        let check = try TestPython.datacube(["system", "check"], database: index.settings)
        #expect(check.status == 0 && check.output.contains("Valid connection:\tYES"), "\(check)")
        let script = """
            import datacube, json
            dc = datacube.Datacube()
            found = dc.find_datasets(product="ls_demo", time=("2017-01", "2017-12"), lat=(20, 21), lon=(-105, -104))
            print(json.dumps([dc.list_products().name.tolist(), [(str(d.id), d.uris, d.crs.epsg, d.time.begin.isoformat(),
                list(d.bounds), d.measurements["red"]["path"]) for d in found]]))
            """
        let result = try TestPython.run(script, database: index.settings)
        let expected = """
            [["ls_demo"], [["6d4894ed-3368-47cb-a8f4-000000000001", ["file:///data/a.yaml"], 32613, \
            "2017-03-05T17:20:00+00:00", [600000.0, 2294000.0, 603000.0, 2300000.0], "red.tif"]]]
            """
        #expect(result.output.trimmingCharacters(in: .newlines) == expected, "\(result.errors.suffix(2000))")
    }

    @Test func `we read what Python added`() async throws {
        let settings = try TestDatabase.make()
        expectSuccess(try TestPython.datacube(["system", "init"], database: settings))
        let product = try write(Samples.productText, "p.yaml")
        let scene = try write(Samples.scene(), "a.yaml")
        expectSuccess(try TestPython.datacube(["product", "add", product], database: settings))
        expectSuccess(try TestPython.datacube(["dataset", "add", scene], database: settings))
        let index = try await Index.openInitialised(settings)
        // Ours takes the schema over without making anything anew.
        #expect(try await !index.initialise())
        #expect(
            try await index.product(named: "ls_demo").measurements.map(\.name) == ["red", "temperature", "quality"]
        )
        let found = try await index.datasets(matching: DatasetQuery(product: "ls_demo"))
        #expect(found.map(\.idText) == ["6d4894ed-3368-47cb-a8f4-000000000001"])
        #expect(found.first?.locations == ["file://\(scene)"])
        #expect(found.first?.source(of: "quality")?.band == 2)
        #expect(found.first?.geoBox(of: "red")?.width == 100)
    }

    @Test(.enabled(if: RealScenes.isHere, "REAL DOCUMENTS ARE ABSENT: SET ANTARES_TEST_DATA"))
    func `rows of real documents equal those that Python makes of them`() async throws {
        let folder = RealScenes.path("eo3-documents")
        let types = ["eo3_landsat_ard.odc-type.yaml", "eo3_sentinel_ard.odc-type.yaml"].map { "\(folder)/\($0)" }
        let products =
            ["ard_ls8", "ga_ls_wo_3", "ga_s2am_ard_3"].map { "\(folder)/\($0).odc-product.yaml" }
            + ["\(folder)/s2_africa_product.yaml"]
        let datasets = [
            "ga_ls8c_ard_3-1-0_088080_2020-05-25_final.odc-metadata.yaml", "ga_s2am_ard_3_final.yaml",
            "ls8_dataset.yaml",
            "ls8_dataset2.yaml", "ls8_dataset3.yaml", "s2_africa_dataset.yaml", "wo_ds_with_lineage.odc-metadata.yaml",
        ].map { "\(folder)/\($0)" }
        let (ours, theirs) = (try TestDatabase.make(), try TestDatabase.make())
        let index = try await Index.open(ours)
        _ = try await index.initialise()
        for file in types { try await index.addMetadataType(try #require(try DatasetFiles.read(file).first)) }
        for file in products { try await index.addProduct(try #require(try DatasetFiles.read(file).first)) }
        let candidates = try datasets.flatMap { try DatasetFiles.candidates(at: $0) }
        let results = try await index.addDatasets(candidates)
        expectSuccess(try TestPython.datacube(["system", "init"], database: theirs))
        expectSuccess(try TestPython.datacube(["metadata", "add"] + types, database: theirs))
        expectSuccess(try TestPython.datacube(["product", "add"] + products, database: theirs))
        // What its command `dataset add` does, but for stopping at the first document that it cannot take.
        let script = """
            import sys, datacube
            from datacube.index.hl import Doc2Dataset
            from datacube.utils import read_documents
            index = datacube.Datacube().index
            resolve = Doc2Dataset(index)
            for uri, document in read_documents(*sys.argv[1:], uri=True):
                given = document.pop("location", uri)
                uri = given[0] if isinstance(given, list) else given
                try:
                    dataset, problem = resolve(document, uri)
                    print(uri, problem)
                    if dataset is not None: index.datasets.add(dataset)
                except Exception as error:
                    print(uri, repr(error))
            """
        expectSuccess(try TestPython.run(script, datasets, database: theirs))
        #expect(results.filter { $0.outcome == .added }.count >= 5, "\(results.compactMap(\.rejection))")
        for name in ["types", "products", "indexes", "locations", "sources"] {
            #expect(try describe(ours, name) == describe(theirs, name), "\(name)")
        }
        // Longitudes and latitudes may differ in the last digit: PROJ is another build.
        let sql = "SELECT id, metadata - 'extent' AS rest, metadata -> 'extent' AS extent FROM agdc.dataset ORDER BY id"
        let (a, b) = (try Session(ours).query(sql), try Session(theirs).query(sql))
        #expect(a.map { $0["id"] } == b.map { $0["id"] })
        for (mine, other) in zip(a, b) {
            #expect(mine["rest"] == other["rest"])
            for path in [["lat", "begin"], ["lat", "end"], ["lon", "begin"], ["lon", "end"]] {
                let x = try JSONText.parse(mine["extent"] ?? "", origin: "ours").at(path)?.double
                let y = try JSONText.parse(other["extent"] ?? "", origin: "theirs").at(path)?.double
                #expect(abs((x ?? .infinity) - (y ?? 0)) < 1e-9)
            }
        }
    }

    @Test(.enabled(if: RealScenes.isHere, "REAL SCENES ARE ABSENT: SET ANTARES_TEST_DATA"))
    func `Python loads a legacy scene that we added`() async throws {
        let index = try await Index.open(try TestDatabase.make())
        _ = try await index.initialise()
        let product = """
            name: ls5_nbar_scene
            description: Landsat 5 NBAR
            metadata_type: eo
            metadata: {platform: {code: LANDSAT_5}, product_type: nbar}
            measurements:
            - {name: '1', dtype: int16, nodata: -999, units: '1'}
            - {name: '3', dtype: int16, nodata: -999, units: '1'}
            """
        try await index.addProduct(try Samples.document(product))
        let folder = RealScenes.path("ls5-ga-nbar-lbg/LS5_TM_NBAR_P54_GANBAR01-002_090_084_19920323")
        #expect(try await index.addDatasets(try DatasetFiles.candidates(at: folder)).map(\.outcome) == [.added])
        let script = """
            import datacube
            dc = datacube.Datacube()
            data = dc.load(product="ls5_nbar_scene", measurements=["3"], output_crs="EPSG:28355", resolution=(-25, 25))
            band = data["3"].values.astype("int64")
            print(band.shape, band[band != -999].sum())
            """
        let result = try TestPython.run(script, database: index.settings)
        // 404 rows, 456 columns and the sum of the pixels that are not -999, by rasterio and numpy over the file itself.
        let found = result.output.trimmingCharacters(in: .newlines)
        #expect(found == "(1, 404, 456) 141542121", "\(result.errors.suffix(2000))")
    }
}
