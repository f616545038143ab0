import Foundation
import Postgres
import TestSupport
import Testing

/// Python's datacube 1.8.20 and 1.9.20 on an index that antares made, and antares on one that they made.
@Suite(.enabled(if: TestDatabase.isAvailable && (TestPython.isAvailable || TestPython.isNewerAvailable)))
struct PythonIndexTests {
    private let program: BuiltProgram

    init() throws {
        program = try BuiltProgram()
        _ = try program.home.write(TwinIndex.product, to: "p.yaml")
        let scenes = [
            TwinIndex.scene(1), TwinIndex.scene(2, time: "2018-03-05T17:20:00Z", source: 1),
            TwinIndex.scene(3, time: "2019-03-05T17:20:00Z"),
        ]
        for (number, scene) in scenes.enumerated() { _ = try program.home.write(scene, to: "s\(number + 1).yaml") }
    }

    /// Runs our program; `~` is the folder of files.
    @discardableResult
    private func ours(_ line: String, _ database: ConnectionSettings, as name: String = "datacube") throws -> String {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let environment = [
            "DB_HOSTNAME": database.host ?? "", "DB_DATABASE": database.database ?? "",
            "DB_USERNAME": database.user ?? "",
        ]
        let result = try program.run(words, as: name, environment: environment)
        #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors)")
        return result.output
    }

    /// Runs Python's command `datacube`.
    @discardableResult
    private func theirs(_ line: String, _ database: ConnectionSettings, _ python: TestPython) throws -> String {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let result = try python.datacube(words, database: nil, environment: python.environment(database))
        #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors.suffix(3000))")
        return result.output
    }

    /// Writes a ramp of 200 rows and 100 columns as the file of all scenes, and returns its sum.
    private func makePixels(_ python: TestPython) throws -> Int {
        let script = """
            import sys, numpy, rasterio
            from rasterio.transform import Affine
            with rasterio.open(sys.argv[1], "w", driver="GTiff", width=100, height=200, count=1, dtype="uint16",
                               crs="EPSG:32613", nodata=0, transform=Affine(30, 0, 600000, 0, -30, 2300000)) as file:
                file.write(numpy.arange(20000, dtype="uint16").reshape(200, 100), 1)
            """
        let result = try python.run(script, [program.home.path("a.tif")])
        #expect(result.status == 0, "\(result.errors)")
        return 19999 * 20000 / 2
    }

    /// The sum of a file's pixels, as rasterio reads them.
    private func sum(_ file: String, _ python: TestPython) throws -> Int? {
        let script = "import sys, rasterio; print(int(rasterio.open(sys.argv[1]).read(1).astype('int64').sum()))"
        let result = try python.run(script, [program.home.path(file)])
        return Int(result.output.trimmingCharacters(in: .newlines))
    }

    /// The numbers of the scenes whose ids an output holds.
    private func found(_ output: String) -> [Int] { (1...3).filter { output.contains(TwinIndex.id($0)) } }

    private func rows(_ sql: String, _ database: ConnectionSettings) throws -> [[String]] {
        try Session(database).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
    }

    @Test(arguments: TestPython.installed)
    func `Python lists, finds, loads, adds, updates, archives, restores and purges on our index, and initialises it`(
        _ python: TestPython
    ) throws {
        let database = try TestDatabase.make()
        try ours("system init", database)
        try ours("product add ~/p.yaml", database)
        try ours("dataset add ~/s1.yaml", database)
        let pixels = try makePixels(python)
        let script = """
            import datacube
            dc = datacube.Datacube()
            found = dc.find_datasets(product="demo", time="2017", lat=(20, 21), lon=(-105, -104))
            data = dc.load(product="demo", output_crs="EPSG:32613", resolution=(-30, 30), datasets=found)
            print(dc.list_products().name.tolist(), [str(d.id) for d in found], int(data.red.astype("int64").sum()))
            """
        let loaded = try python.start(
            ["-W", "ignore", "-c", script],
            database: nil,
            environment: python.environment(database)
        )
        #expect(
            loaded.output == "['demo'] ['\(TwinIndex.id(1))'] \(pixels)\n",
            "\(loaded.output)\(loaded.errors.suffix(3000))"
        )
        #expect(try theirs("product list", database, python) == "demo  One band\n")
        try theirs("dataset add ~/s2.yaml ~/s3.yaml", database, python)
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2, 3])
        #expect(try found(theirs("dataset search -f csv time in 2018", database, python)) == [2])
        _ = try program.home.write(
            TwinIndex.scene(3, time: "2019-03-05T17:20:00Z", more: "note: new"),
            to: "s3.yaml"
        )
        #expect(try theirs("dataset update ~/s3.yaml", database, python).contains("1 successful, 0 failed"))
        try theirs("dataset archive \(TwinIndex.id(3))", database, python)
        #expect(try found(ours("dataset search -f csv", database)) == [1, 2])
        try theirs("dataset restore \(TwinIndex.id(3))", database, python)
        #expect(try found(ours("dataset search -f csv", database)) == [1, 2, 3])
        try theirs("dataset archive \(TwinIndex.id(3))", database, python)
        try theirs("dataset purge \(TwinIndex.id(3))", database, python)
        // 1.9 fails on views that belong to another superuser; ours belong to agdc_manage.
        #expect(try theirs("system init", database, python).contains("Updated."))
        #expect(try theirs("system check", database, python).contains("YES"))
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2])
        // And ours goes on with what Python left.
        try ours("system init", database)
        #expect(try ours("dataset info --show-sources \(TwinIndex.id(2))", database).contains("    scene:\n"))
        #expect(try ours("dataset count --status all", database).contains("count: 2"))
    }

    @Test(arguments: TestPython.installed)
    func `we list, find, load, add, update, archive, restore and purge on an index that Python made`(
        _ python: TestPython
    ) throws {
        let database = try TestDatabase.make()
        try theirs("system init", database, python)
        try theirs("product add ~/p.yaml", database, python)
        try theirs("dataset add ~/s1.yaml ~/s2.yaml", database, python)
        #expect(try ours("system check", database).contains("YES"))
        #expect(try ours("product list", database) == "demo  One band\n")
        #expect(try found(ours("dataset search -f csv time in 2018", database)) == [2])
        #expect(try ours("dataset info --show-sources \(TwinIndex.id(2))", database).contains("    scene:\n"))
        let pixels = try makePixels(python)
        try ours("export -n demo --time 2017 --crs EPSG:32613 --resolution 30 -o ~/out.tif", database, as: "antares")
        #expect(try sum("out.tif", python) == pixels)
        try ours("dataset add ~/s3.yaml", database)
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2, 3])
        _ = try program.home.write(TwinIndex.scene(1, more: "note: new"), to: "s1.yaml")
        #expect(try ours("dataset update ~/s1.yaml", database).contains("1 successful, 0 failed"))
        try ours("dataset archive \(TwinIndex.id(3))", database)
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2])
        try ours("dataset restore \(TwinIndex.id(3))", database)
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2, 3])
        try ours("dataset archive \(TwinIndex.id(3))", database)
        try ours("dataset purge \(TwinIndex.id(3))", database)
        #expect(try ours("system init", database).contains("Updated."))
        try ours("product update --allow-unsafe ~/p.yaml", database)
        #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2])
        #expect(try theirs("system init", database, python).contains("Updated."))
    }

    @Test(.enabled(if: TestPython.isNewerAvailable))
    func `the same documents make the same rows, whether we add them or 1_9 does`() throws {
        let (own, other) = (try TestDatabase.make(), try TestDatabase.make())
        for line in ["system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml ~/s3.yaml"] {
            try ours(line, own)
            try theirs(line, other, .newer)
        }
        for line in ["dataset archive \(TwinIndex.id(3))"] {
            try ours(line, own)
            try theirs(line, other, .newer)
        }
        let tables = [
            // 1.9 words eo and telemetry a little differently.
            "SELECT id, name, definition FROM agdc.metadata_type WHERE name = 'eo3'",
            "SELECT id, name FROM agdc.metadata_type ORDER BY 1",
            "SELECT id, name, metadata, metadata_type_ref, definition FROM agdc.dataset_type ORDER BY 1",
            """
            SELECT id, metadata_type_ref, dataset_type_ref, metadata - 'extent', archived IS NULL, updated IS NULL
            FROM agdc.dataset ORDER BY 1
            """,
            """
            SELECT id, round((metadata #>> '{extent,lat,begin}')::numeric, 9), round((metadata #>> '{extent,lon,end}')::numeric, 9)
            FROM agdc.dataset ORDER BY 1
            """,
            "SELECT dataset_ref, uri_scheme, uri_body, archived FROM agdc.dataset_location ORDER BY 1, 2, 3",
            "SELECT dataset_ref, classifier, source_dataset_ref FROM agdc.dataset_source ORDER BY 1, 2",
            // Two indexes that 1.8 does not have.
            """
            SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'agdc' AND indexname NOT IN ('ix_dataset_added', 'ix_dataset_updated') ORDER BY 1
            """,
            """
            SELECT relname, relowner::regrole FROM pg_class
            WHERE relnamespace = 'agdc'::regnamespace AND relkind = 'v' ORDER BY 1
            """,
        ]
        for sql in tables {
            let found = try rows(sql, own)
            #expect(try found == rows(sql, other) && !found.isEmpty, "\(sql)")
        }
    }

    @Test(.enabled(if: TestPython.isNewerAvailable), arguments: ["yaml", "csv", "json"])
    func `duplicates are printed as 1_9 prints them`(_ format: String) throws {
        let database = try TestDatabase.make()
        for line in ["system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml ~/s3.yaml --workers 2"] {
            try ours(line, database)
        }
        let line = "dataset find-duplicates -f \(format) region_code cloud_cover"
        // Ids of a group come in no order from either.
        func sorted(_ text: String) -> [Character] { text.filter { !$0.isWhitespace }.sorted() }
        let (made, expected) = (try ours(line, database), try theirs(line, database, .newer))
        #expect(made.contains(TwinIndex.id(3)) && sorted(made) == sorted(expected), "\(made)\n\(expected)")
    }

    /// What `antares db status` prints for ~/.datacube.conf, on the tests' own server.
    @Test(arguments: TestPython.installed)
    func `Python finds the private server by what db status prints`(_ python: TestPython) throws {
        let database = try TestDatabase.make()
        try ours("system init", database)
        let folder = URL(fileURLWithPath: try #require(database.host))
        // Its data lie beside its socket's folder or hold it: what is printed is what matters here.
        let config = """
            [datacube]
            db_hostname: \(folder.path)
            db_port: 5432
            db_database: \(database.database ?? "")
            db_username: \(database.user ?? "")
            db_url: \(database)

            """
        let file = try program.home.write(config, to: "python.conf")
        let result = try python.datacube(["-C", file, "system", "check"], database: nil)
        #expect(result.status == 0 && result.output.contains("YES"), "\(result.output)\(result.errors.suffix(2000))")
    }

    @Test(arguments: TestPython.installed, [true, false])
    func `indexes are cloned both ways between ours and Python's`(_ python: TestPython, _ fromOurs: Bool) throws {
        let (source, copy) = (try TestDatabase.make(), try TestDatabase.make())
        for line in ["system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml ~/s3.yaml"] {
            if fromOurs { try ours(line, source) } else { try theirs(line, source, python) }
        }
        try ours("dataset archive \(TwinIndex.id(3))", source)
        // One section for all three programs: 1.9 prefers the URL, 1.8 does not know it. Names of environments hold no
        // underscores in 1.9.
        let config = ["full": source, "copy": copy].map { name, database in
            """
            [\(name)]
            db_hostname: \(database.host ?? "")
            db_database: \(database.database ?? "")
            db_username: \(database.user ?? "")
            db_url: \(TestPython.url(database))

            """
        }.joined()
        let file = try program.home.write(config, to: "odc.conf")
        for line in ["system init", "system clone full"] {
            let words = ["-E", "copy"] + line.split(separator: " ").map(String.init)
            // 1.8 looks for the source in its usual files, not in those of -C.
            let result =
                try fromOurs
                ? python.datacube(
                    (python.series == "1.8" ? [] : ["-C", file]) + words,
                    database: nil,
                    environment: ["DATACUBE_CONFIG_PATH": file]
                ) : program.run(["-C", file] + words, as: "datacube")
            #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors.suffix(3000))")
        }
        for (table, sql) in [
            ("dataset_type", "SELECT name, definition FROM agdc.dataset_type"),
            ("dataset", "SELECT id, metadata FROM agdc.dataset WHERE archived IS NULL ORDER BY 1"),
            (
                "dataset_location",
                """
                SELECT dataset_ref, uri_scheme, uri_body FROM agdc.dataset_location
                WHERE dataset_ref IN (SELECT id FROM agdc.dataset WHERE archived IS NULL) ORDER BY 1, 2, 3
                """
            ), ("dataset_source", "SELECT * FROM agdc.dataset_source"),
            ("archived", "SELECT id, metadata FROM agdc.dataset WHERE archived IS NOT NULL"),
        ] {
            let (whole, copied) = (try rows(sql, source), try rows(sql, copy))
            #expect(!whole.isEmpty)
            // What Python's own clone leaves behind: 1.8 lineage, both what is archived.
            let isLost = fromOurs && (table == "archived" || table == "dataset_source" && python.series == "1.8")
            #expect(copied == (isLost ? [] : whole), "\(table)")
        }
    }

    @Test(.enabled(if: TestPython.isAvailable && TestPython.isNewerAvailable))
    func `on an index that 1_9 made and 1_8 initialised again, we add and update`() throws {
        let database = try TestDatabase.make()
        try theirs("system init", database, .newer)
        try theirs("product add ~/p.yaml", database, .newer)
        try theirs("dataset add ~/s1.yaml", database, .newer)
        // It makes the views anew, as its own account's.
        #expect(try theirs("system init", database, .current).contains("Updated."))
        #expect(try ours("system check", database).contains("YES"))
        try ours("dataset add ~/s2.yaml ~/s3.yaml", database)
        _ = try program.home.write(TwinIndex.scene(1, more: "note: new"), to: "s1.yaml")
        #expect(try ours("dataset update ~/s1.yaml", database).contains("1 successful, 0 failed"))
        #expect(
            try rows("SELECT metadata ->> 'note' FROM agdc.dataset WHERE id = '\(TwinIndex.id(1))'", database) == [
                ["new"]
            ]
        )
        _ = try program.home.write(TwinIndex.product.replacing("One band", with: "A band"), to: "p.yaml")
        #expect(try ours("product update ~/p.yaml", database).contains("Updated \"demo\""))
        for python in TestPython.installed {
            #expect(try found(theirs("dataset search -f csv", database, python)) == [1, 2, 3])
            #expect(try theirs("product list", database, python) == "demo  A band\n")
        }
        // Ours gives the views to agdc_manage again, so that 1.9 can initialise it once more.
        #expect(try ours("system init", database).contains("Updated."))
        #expect(try theirs("system init", database, .newer).contains("Updated."))
    }
}
