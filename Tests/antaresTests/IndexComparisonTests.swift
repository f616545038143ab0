import Foundation
import Postgres
import TestSupport
import Testing

/// Commands of the Open Data Cube run by our program and by Python's datacube 1.8.20: the same output, exit code, rows.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable)) struct IndexComparisonTests {
    @Test func `products are updated as Python updates them`() throws {
        let twin = try TwinIndex()
        let path = try twin.write(TwinIndex.product.replacing("One band", with: "Another text"), "u.yaml")
        try twin.run("product update -d \(path)")
        try twin.run("product update \(path)")
        try twin.run("product update \(path)")
        let tighter = TwinIndex.product.replacing("{name: demo}\n", with: "{name: demo}\n  instrument: x\n")
            .replacing("uint16", with: "int16")
        let unsafe = try twin.write(tighter, "v.yaml")
        try twin.run("product update --dry-run \(unsafe)")
        try twin.run("product update \(unsafe)")
        try twin.expectEqualRows()
        try twin.run("product update --allow-unsafe \(unsafe)")
        let looser = try twin.write(tighter.replacing("  instrument: x\n", with: ""), "l.yaml")
        try twin.run("product update \(looser)")
        try twin.run(
            "product update --allow-unsafe \(try twin.write(TwinIndex.product.replacing("eo3", with: "eo"), "t.yaml"))"
        )
        try twin.run(
            "product update \(try twin.write(TwinIndex.product.replacing("name: demo\nd", with: "name: other\nd"), "o.yaml"))"
        )
        try twin.runBare("product update")
        try twin.expectEqualRows()
    }

    @Test func `metadata types are updated as Python updates them`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1)])
        let type = """
            name: demo_type
            description: first
            dataset:
              id: [id]
              sources: [lineage, source_datasets]
              creation_dt: [properties, created]
              label: [label]
              search_fields:
                platform: {description: which, offset: [properties, platform]}

            """
        try twin.run("metadata add \(try twin.write(type, "m.yaml"))")
        let product = TwinIndex.product.replacing("eo3", with: "demo_type").replacing("demo}", with: "other}")
            .replacing("name: demo\nd", with: "name: other\nd")
        try twin.run("product add \(try twin.write(product, "q.yaml"))")
        let more =
            type.replacing("first", with: "second")
            + "    orbit: {description: o, type: integer, offset: [properties, orbit]}\n"
        try twin.run("metadata update --dry-run \(try twin.write(more, "m2.yaml"))")
        try twin.run("metadata update ~/m2.yaml")
        try twin.expectEqualRows()
        try twin.write(more.replacing("[properties, platform]", with: "[platform]"), "m3.yaml")
        try twin.run("metadata update --dry-run ~/m3.yaml")
        try twin.run("metadata update ~/m3.yaml")
        try twin.run("metadata update --allow-unsafe ~/m3.yaml")
        try twin.expectEqualRows()
    }

    @Test func `datasets are updated as Python updates them`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1), TwinIndex.scene(2, source: 1)])
        try twin.write(TwinIndex.scene(1, more: "note: new"), "s1.yaml")
        try twin.run("dataset update --dry-run ~/s1.yaml")
        try twin.run("dataset update ~/s1.yaml")
        try twin.run("dataset update ~/s1.yaml")
        let cloudy = TwinIndex.scene(1, more: "note: new").replacing("12.5", with: "80")
        try twin.write(cloudy, "moved/s1.yaml")
        try twin.run("dataset update ~/moved/s1.yaml")
        try twin.run("dataset update --dry-run --location-policy archive --allow-any properties ~/moved/s1.yaml")
        try twin.run("dataset update --location-policy archive --allow-any properties.eo:cloud_cover ~/moved/s1.yaml")
        try twin.expectEqualRows()
        try twin.write(cloudy, "again/s1.yaml")
        try twin.run("dataset update --location-policy forget ~/again/s1.yaml")
        try twin.run("dataset update ~/s1.yaml")
        try twin.run("dataset update --location-policy forget --allow-any properties ~/moved/s1.yaml")
        try twin.write(TwinIndex.scene(9), "s9.yaml")
        try twin.run("dataset update ~/s9.yaml ~/s2.yaml")
        try twin.runBare("dataset update")
        try twin.expectEqualRows()
    }

    @Test func `archived datasets are purged as Python purges them`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1), TwinIndex.scene(2), TwinIndex.scene(3, source: 1)])
        try twin.run("dataset purge \(TwinIndex.id(2))")
        try twin.run("dataset purge \(TwinIndex.id(8))")
        try twin.run("dataset archive \(TwinIndex.id(1)) \(TwinIndex.id(2))")
        try twin.run("dataset purge --dry-run --all")
        try twin.run("dataset purge \(TwinIndex.id(2))")
        try twin.expectEqualRows()
        // Another dataset was made from it: Python ends with a traceback, we name the dataset.
        let refused = try twin.datacube(["dataset", "purge", TwinIndex.id(1)])
        #expect(refused.status == 1)
        #expect(refused.errors.contains("dataset \(TwinIndex.id(3)) was made from it"))
        try twin.runBare("dataset purge")
        try twin.expectEqualRows()
    }

    @Test func `datasets are found by location and duplicates by field as Python finds them`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1), TwinIndex.scene(2, time: "2018-03-05T17:20:00Z")])
        try twin.run("dataset uri-search file://~/s1.yaml")
        try twin.run("dataset uri-search --search-mode exact file://~/s")
        try twin.run("dataset uri-search --search-mode guess file://~/s2")
        try twin.runBare("dataset uri-search")
        try twin.run("dataset find-duplicates region_code time")
        try twin.run("dataset find-duplicates nonsense")
        try twin.run("dataset find-duplicates")
        // The order of a Python set is not fixed, so its elements are compared.
        let line = ["dataset", "find-duplicates", "-p", "demo", "region_code", "cloud_cover", "platform"]
        let parts = try [twin.datacube(line), TestPython.datacube(line, database: twin.theirs)].map { result in
            result.output.split(whereSeparator: { " {}[],\n".contains($0) }).sorted()
        }
        #expect(parts[0] == parts[1])
        try twin.write(TwinIndex.scene(3, time: "2018-03-05T17:20:00.3Z"), "s3.yaml")
        try twin.run("dataset add ~/s3.yaml")
        let times = ["dataset", "find-duplicates", "time"]
        let found = try [twin.datacube(times), TestPython.datacube(times, database: twin.theirs)].map { result in
            result.output.split(whereSeparator: { " {}[],\n".contains($0) }).sorted()
        }
        #expect(found[0] == found[1])
    }

    @Test func `a more mature dataset archives the others`() throws {
        let twin = try TwinIndex([
            TwinIndex.scene(1, maturity: "nrt"), TwinIndex.scene(2, time: "2018-03-05T17:20:00Z", maturity: "nrt"),
        ])
        // Python's command takes its own default for text and refuses it, so Python adds through its library.
        let script = """
            import sys, datacube
            from datacube.index.hl import Doc2Dataset
            from datacube.utils import read_documents
            index = datacube.Datacube().index
            for uri, document in read_documents(sys.argv[1], uri=True):
                try:
                    index.datasets.add(Doc2Dataset(index)(document, uri)[0], archive_less_mature=500)
                except ValueError as error:
                    print(error)
            """
        func add(_ name: String) throws -> (own: ShellResult, python: String) {
            let path = twin.program.home.path(name)
            let own = try twin.datacube(["dataset", "add", "--archive-less-mature", path])
            return (own, try TestPython.run(script, [path], database: twin.theirs).output)
        }
        try twin.write(TwinIndex.scene(3, time: "2017-03-05T17:20:00.4Z"), "s3.yaml")
        #expect(try add("s3.yaml").own.status == 0)
        try twin.expectEqualRows()
        try twin.write(TwinIndex.scene(4, maturity: "interim"), "s4.yaml")
        let less = try add("s4.yaml")
        #expect(less.own.errors.contains(less.python.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(less.python.contains("A more mature version"))
        try twin.write(TwinIndex.scene(5), "s5.yaml")
        let same = try add("s5.yaml")
        #expect(same.own.errors.contains(same.python.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(same.python.contains("same maturity"))
        let wrong = try twin.datacube(["dataset", "add", "--archive-less-mature=-1", "x"])
        #expect(wrong.status == 1 && wrong.errors.contains("must be a positive integer"))
    }
}
