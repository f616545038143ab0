import Foundation
import Postgres
import TestSupport
import Testing

/// Python's datacube 1.9.20 on an index that antares made, and antares on one that 1.9.20 made.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isNewerAvailable)) struct NewerPythonTests {
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
    private func ours(_ line: String, _ database: ConnectionSettings, status: Int32 = 0) throws -> String {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let environment = [
            "DB_HOSTNAME": database.host ?? "", "DB_DATABASE": database.database ?? "",
            "DB_USERNAME": database.user ?? "",
        ]
        let result = try program.run(words, as: "datacube", environment: environment)
        #expect(result.status == status, "\(line)\n\(result.output)\(result.errors)")
        return result.output
    }

    /// 1.9 takes no folder of a socket for a host name, only a URL.
    private func url(_ database: ConnectionSettings) -> String {
        "postgresql://\(database.user ?? "")@/\(database.database ?? "")?host=\(database.host ?? "")"
    }

    /// Runs the command `datacube` of 1.9.
    @discardableResult
    private func newer(_ line: String, _ database: ConnectionSettings) throws -> String {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let result = try TestPython.newer.datacube(
            words,
            database: nil,
            environment: ["ODC_DEFAULT_DB_URL": url(database)]
        )
        #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors.suffix(3000))")
        return result.output
    }

    @Test
    func `1_9 lists, finds, loads, adds, updates, archives, restores and purges on our index, and initialises it`()
        throws
    {
        let database = try TestDatabase.make()
        try ours("system init", database)
        try ours("product add ~/p.yaml", database)
        try ours("dataset add ~/s1.yaml", database)
        // A ramp of 200 rows and 100 columns: its sum is 19999 * 20000 / 2.
        let script = """
            import sys, numpy, rasterio
            from rasterio.transform import Affine
            with rasterio.open(sys.argv[1], "w", driver="GTiff", width=100, height=200, count=1, dtype="uint16",
                               crs="EPSG:32613", nodata=0, transform=Affine(30, 0, 600000, 0, -30, 2300000)) as file:
                file.write(numpy.arange(20000, dtype="uint16").reshape(200, 100), 1)
            import datacube
            dc = datacube.Datacube()
            found = dc.find_datasets(product="demo", time="2017", lat=(20, 21), lon=(-105, -104))
            data = dc.load(product="demo", output_crs="EPSG:32613", resolution=(-30, 30), datasets=found)
            print(dc.list_products().name.tolist(), [str(d.id) for d in found], int(data.red.astype("int64").sum()))
            """
        let loaded = try TestPython.newer.start(
            ["-W", "ignore", "-c", script, program.home.path("a.tif")],
            database: nil,
            environment: ["ODC_DEFAULT_DB_URL": url(database)]
        )
        #expect(
            loaded.output == "['demo'] ['\(TwinIndex.id(1))'] 199990000\n",
            "\(loaded.output)\(loaded.errors.suffix(3000))"
        )
        #expect(try newer("product list", database) == "demo  One band\n")
        try newer("dataset add ~/s2.yaml ~/s3.yaml", database)
        #expect(try newer("dataset search -f csv", database).split(whereSeparator: \.isNewline).count == 4)
        _ = try program.home.write(
            TwinIndex.scene(3, time: "2019-03-05T17:20:00Z", more: "note: new"),
            to: "s3.yaml"
        )
        #expect(try newer("dataset update ~/s3.yaml", database).contains("1 successful, 0 failed"))
        try newer("dataset archive \(TwinIndex.id(3))", database)
        try newer("dataset restore \(TwinIndex.id(3))", database)
        try newer("dataset archive \(TwinIndex.id(3))", database)
        try newer("dataset purge \(TwinIndex.id(3))", database)
        // It fails on views that belong to another superuser; ours belong to agdc_manage.
        #expect(try newer("system init", database).contains("Updated."))
        #expect(try newer("system check", database).contains("YES"))
        #expect(try newer("dataset count", database).contains("count: 2"))
        // And ours goes on with what 1.9 left.
        try ours("system init", database)
        #expect(try ours("dataset info --show-sources \(TwinIndex.id(2))", database).contains("    scene:\n"))
        #expect(try ours("dataset search -f csv", database).split(whereSeparator: \.isNewline).count == 3)
    }

    @Test func `we list, find, add, update, archive, restore and purge on an index that 1_9 made`() throws {
        let database = try TestDatabase.make()
        try newer("system init", database)
        try newer("product add ~/p.yaml", database)
        try newer("dataset add ~/s1.yaml ~/s2.yaml", database)
        #expect(try ours("system check", database).contains("YES"))
        #expect(try ours("product list", database) == "demo  One band\n")
        #expect(try ours("dataset search -f csv time in 2018", database).contains(TwinIndex.id(2)))
        try ours("dataset add ~/s3.yaml", database)
        _ = try program.home.write(TwinIndex.scene(1, more: "note: new"), to: "s1.yaml")
        #expect(try ours("dataset update ~/s1.yaml", database).contains("1 successful, 0 failed"))
        try ours("dataset archive \(TwinIndex.id(3))", database)
        try ours("dataset restore \(TwinIndex.id(3))", database)
        try ours("dataset archive \(TwinIndex.id(3))", database)
        try ours("dataset purge \(TwinIndex.id(3))", database)
        #expect(try ours("system init", database).contains("Updated."))
        try ours("product update --allow-unsafe ~/p.yaml", database)
        #expect(try newer("dataset count", database).contains("count: 2"))
        #expect(try newer("system init", database).contains("Updated."))
    }

    @Test func `the same documents make the same rows, whether we add them or 1_9 does`() throws {
        let (own, other) = (try TestDatabase.make(), try TestDatabase.make())
        for line in ["system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml ~/s3.yaml"] {
            try ours(line, own)
            try newer(line, other)
        }
        for line in ["dataset archive \(TwinIndex.id(3))"] {
            try ours(line, own)
            try newer(line, other)
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
            let rows = try [own, other].map { settings in
                try Session(settings).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
            }
            #expect(rows[0] == rows[1] && !rows[0].isEmpty, "\(sql)")
        }
    }

    @Test(arguments: [true, false])
    func `indexes are cloned both ways between ours and 1_9's`(_ fromOurs: Bool) throws {
        let (source, copy) = (try TestDatabase.make(), try TestDatabase.make())
        for line in ["system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml"] {
            if fromOurs { try ours(line, source) } else { try newer(line, source) }
        }
        if fromOurs {
            // Names of environments hold no digits first and no underscores in 1.9.
            let config = "[full]\ndb_url: \(url(source))\n[copy]\ndb_url: \(url(copy))\n"
            let file = try program.home.write(config, to: "odc.conf")
            try newer("-C \(file) -E copy system init", copy)
            try newer("-C \(file) -E copy system clone full", copy)
        } else {
            let config = ["full": source, "copy": copy].map { name, database in
                """
                [\(name)]
                db_hostname: \(database.host ?? "")
                db_database: \(database.database ?? "")
                db_username: \(database.user ?? "")

                """
            }.joined()
            let file = try program.home.write(config, to: "odc.conf")
            for line in ["system init", "system clone full"] {
                let words = ["-C", file, "-E", "copy"] + line.split(separator: " ").map(String.init)
                let result = try program.run(words, as: "datacube")
                #expect(result.status == 0, "\(result.errors)")
            }
        }
        for sql in [
            "SELECT name, definition FROM agdc.dataset_type",
            "SELECT id, metadata FROM agdc.dataset ORDER BY 1",
            "SELECT dataset_ref, uri_scheme, uri_body FROM agdc.dataset_location ORDER BY 1, 2, 3",
            "SELECT * FROM agdc.dataset_source",
        ] {
            let rows = try [source, copy].map { settings in
                try Session(settings).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
            }
            #expect(rows[0] == rows[1] && !rows[0].isEmpty, "\(sql)")
        }
    }
}
