import Foundation
import Postgres
import TestSupport
import Testing

/// Commands that datacube 1.9 brought, and what only ours prints.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct IndexLifeTests {
    private let job: TestJob

    init() throws {
        job = try TestJob()
        _ = try job.datacube("system init")
        _ = try job.datacube("product add \(try job.program.home.write(TwinIndex.product, to: "p.yaml"))")
        let scenes = [
            TwinIndex.scene(1), TwinIndex.scene(2, time: "2017-04-05T17:20:00Z"),
            TwinIndex.scene(3, time: "2017-04-06T17:20:00Z", source: 1),
        ]
        for (index, scene) in scenes.enumerated() {
            _ = try job.datacube("dataset add \(try job.program.home.write(scene, to: "s\(index + 1).yaml"))")
        }
    }

    @Test func `datasets are counted by product and through time`() throws {
        #expect(try job.datacube("dataset count --count-only").output == "3\n")
        #expect(try job.datacube("dataset count").output == "product: demo\ncount: 3\n")
        #expect(try job.datacube("dataset count --query cloud_cover=99").output.isEmpty)
        _ = try job.datacube("dataset archive \(TwinIndex.id(2))")
        #expect(try job.datacube("dataset count --status archived -f csv demo").output == "product,count\r\ndemo,1\r\n")
        #expect(try job.datacube("dataset count --status all --count-only").output == "3\n")
        let words = ["dataset", "count", "--period", "1 month", "--query", "time in [2017-03, 2017-05]", "-f", "csv"]
        let slices = try job.program.run(words, as: "datacube", environment: job.environment)
        #expect(slices.output == "product,time,count\r\ndemo,2017-03-01,1\r\ndemo,2017-04-01,1\r\n")
        let bad = try job.antares("dataset count --period soon --query time=2017")
        #expect(bad.status == 1)
    }

    @Test func `queries choose what is archived, restored and purged`() throws {
        let found = ["dataset", "archive", "--query", "time in 2017-04"]
        #expect(
            try job.program.run(found, as: "datacube", environment: job.environment).output
                == "Archiving dataset: \(TwinIndex.id(2))\nArchiving dataset: \(TwinIndex.id(3))\n"
                + "Completed dataset archival.\n"
        )
        let none = try job.datacube("dataset archive --query cloud_cover=99")
        #expect(none.output == "No datasets found with the query terms\n")
        #expect(none.status == 0)
        #expect(try job.datacube("dataset purge --query product=demo").output.contains("2 datasets purged"))
        #expect(try job.datacube("dataset purge --force \(TwinIndex.id(1))").output.contains("1 datasets purged"))
        #expect(try job.datacube("dataset count --status all --count-only").output == "0\n")
    }

    @Test func `a product goes with its datasets, its indexes and its view`() throws {
        let kept = try job.antares("product delete demo")
        #expect(kept.status == 1)
        #expect(kept.output.contains("Product(s) demo could not be deleted due to active datasets."))
        #expect(try job.antares("product delete --dry-run demo").output.hasPrefix("1 products not deleted (dry run)"))
        let gone = try job.antares("product delete --force demo")
        #expect(gone.output == "1 out of 1 products successfully deleted.\nCompleted product deletion.\n")
        let left = try Session(job.database).query(
            "SELECT relname FROM pg_class WHERE relname LIKE 'd_x_demo%' OR relname LIKE 'dv_demo%'"
        )
        #expect(left.isEmpty)
        #expect(try job.antares("product delete demo").errors.contains("unknown product 'demo'"))
    }

    @Test func `search and info print JSON`() throws {
        struct Entry: Decodable, Equatable {
            struct Range: Decodable, Equatable { let begin: String, end: String }
            struct Fields: Decodable, Equatable { let region_code: String, cloud_cover: Double, time: Range }
            let id: String, product: String, status: String, fields: Fields
        }
        let expected = Entry(
            id: TwinIndex.id(1),
            product: "demo",
            status: "active",
            fields: .init(
                region_code: "a29046",
                cloud_cover: 12.5,
                time: .init(begin: "2017-03-05T17:20:00+00:00", end: "2017-03-05T17:20:00+00:00")
            )
        )
        for line in [
            "dataset info -f json \(TwinIndex.id(1))",
            "dataset info --json \(TwinIndex.id(1))",
        ] {
            let output = try job.antares(line).output
            #expect(try JSONDecoder().decode([Entry].self, from: Data(output.utf8)) == [expected])
        }
        let search = try job.program.run(
            ["dataset", "search", "-f", "json", "time in 2017-03"],
            environment: job.environment
        )
        #expect(try JSONDecoder().decode([Entry].self, from: Data(search.output.utf8)) == [expected])
    }

    @Test func `areas choose datasets on the command line`() throws {
        let missing = try job.antares("dataset count --geometry POINT(0,0)")
        #expect(missing.status == 1 && missing.errors.contains("antares index footprints"))
        #expect(try job.antares("index footprints --rebuild").output == "footprints: 3\n")
        func count(_ words: [String]) throws -> String {
            let line = ["dataset", "count", "--count-only"] + words
            return try job.program.run(line, environment: job.environment).output
        }
        #expect(try count(["--geometry", "POINT (-104.02 20.78)"]) == "3\n")
        #expect(try count(["--geometry", "POINT (-105 20.78)"]) == "0\n")
        let box = ["--query", "x in [600100, 600200] y in [2299000, 2299100]", "--crs", "EPSG:32613"]
        #expect(try count(box) == "3\n")
        let file = try job.program.home.write(#"{"type": "Point", "coordinates": [-104.02, 20.78]}"#, to: "a.json")
        #expect(try count(["--geometry", "@\(file)", "--query", "time in 2017-03"]) == "1\n")
        let found = try job.program.run(
            ["dataset", "search", "-f", "csv", "--geometry", "POINT (-104.02 20.78)", "time in 2017-03"],
            environment: job.environment
        )
        #expect(found.output.contains(TwinIndex.id(1)) && !found.output.contains(TwinIndex.id(2)))
        let bad = try job.program.run(["dataset", "search", "--geometry", "POLYGON ((1"], environment: job.environment)
        #expect(bad.status == 1 && bad.errors.contains("Give a polygon as WKT or GeoJSON"))
    }

    @Test func `a database without index is a matter of configuration for antares`() throws {
        let empty = try TestDatabase.make()
        var environment = job.environment
        environment["DB_DATABASE"] = empty.database
        let result = try job.program.run(["dataset", "count"], environment: environment)
        #expect(result.status == 78)
        #expect(try job.program.run(["dataset", "count"], as: "datacube", environment: environment).status == 1)
    }
}
