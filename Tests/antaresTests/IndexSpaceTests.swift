import Foundation
import TestSupport
import Testing

/// Searches in space, as a person types them.
@Suite("Searches in space", .enabled(if: TestDatabase.isAvailable))
struct IndexSpaceTests {
    /// An index with footprints, and a dataset within Jalisco (20.8 N, 104 W) and one in Puebla (98 W).
    private func makeJob() throws -> TestJob {
        let job = try TestJob()
        #expect(try job.antares("init -c mex").status == 0)
        _ = try job.program.home.write(TwinIndex.product, to: "p.yaml")
        #expect(try job.datacube("product add p.yaml").status == 0)
        _ = try job.program.home.write(TwinIndex.scene(1), to: "1.yaml")
        let east = TwinIndex.scene(2).replacing("EPSG:32613", with: "EPSG:32614")
        _ = try job.program.home.write(east, to: "2.yaml")
        let added = try job.antares("dataset add 1.yaml 2.yaml")
        #expect(added.output == "datasets: 2 added\n", "\(added.errors)")
        return job
    }

    @Test func `init makes the table of footprints, and searches by name, shape and coordinates use it`() throws {
        let job = try makeJob()
        func found(_ words: [String]) throws -> [Int] {
            let arguments = ["dataset", "search", "-f", "csv"] + words
            let result = try job.program.run(arguments, environment: job.environment)
            #expect(result.status == 0, "\(words): \(result.errors)")
            return (1...2).filter { result.output.contains(TwinIndex.id($0)) }
        }
        #expect(try found([]) == [1, 2])
        #expect(try found(["--region", "Jalisco"]) == [1])
        #expect(try found(["--region", "mex"]) == [1, 2])
        #expect(try found(["--geometry", "POINT (-104.02 20.78)"]) == [1])
        #expect(try found(["--geometry", "POINT (600100 2299900)", "--crs", "EPSG:32613"]) == [1])
        #expect(try found(["x in [-98.5, -97.5]", "y in [20, 21]"]) == [2])
        #expect(try found(["x in [600000, 600100]", "y in [2299000, 2299900]", "--crs", "EPSG:32613"]) == [1])
        #expect(try found(["lon in [-98.5, -97.5]", "lat in [20, 21]"]) == [2])
        let shape =
            #"{"type": "Polygon", "coordinates": [[[-105, 20], [-103, 20], [-103, 22], [-105, 22], [-105, 20]]]}"#
        for text in [shape, #"{"type": "Feature", "geometry": \#(shape), "properties": {}}"#] {
            _ = try job.program.home.write(text, to: "shape.geojson")
            #expect(try found(["--geometry", "@shape.geojson"]) == [1])
        }
        _ = try job.program.home.write("POLYGON ((-98.5 20, -97.5 20, -97.5 21, -98.5 21, -98.5 20))", to: "shape.wkt")
        #expect(try found(["--geometry", "@shape.wkt"]) == [2])
        let counted = try job.program.run(
            ["dataset", "count", "--count-only", "--region", "Jalisco"],
            environment: job.environment
        )
        #expect(counted.output == "1\n")
    }

    @Test func `datacube-search takes areas as dataset search does`() throws {
        let job = try makeJob()
        func search(_ words: [String]) throws -> ShellResult {
            try job.program.run(words, as: "datacube-search", environment: job.environment)
        }
        func found(_ words: [String]) throws -> [Int] {
            let result = try search(["-f", "csv", "datasets"] + words)
            #expect(result.status == 0, "\(words): \(result.errors)")
            return (1...2).filter { result.output.contains(TwinIndex.id($0)) }
        }
        #expect(try found([]) == [1, 2])
        #expect(try found(["--region", "Jalisco"]) == [1])
        #expect(try found(["-r", "mex", "product=demo"]) == [1, 2])
        #expect(try found(["--geometry", "POINT (-104.02 20.78)"]) == [1])
        #expect(try found(["x in [-98.5, -97.5]", "y in [20, 21]"]) == [2])
        #expect(try found(["x in [600000, 600100]", "y in [2299000, 2299900]", "--crs", "EPSG:32613"]) == [1])
        let period = ["product-counts", "1 month", "time in [2017-03, 2017-04]"]
        #expect(try search(period).output == "demo\n    2017-03-01: 2\n")
        #expect(try search(period + ["--region", "Jalisco"]).output == "demo\n    2017-03-01: 1\n")
        #expect(try search(period + ["x in [-98.5, -97.5]", "y in [20, 21]"]).output == "demo\n    2017-03-01: 1\n")
        let both = try search(["datasets", "--region", "Jalisco", "--geometry", "POINT (1 1)"])
        #expect(both.status == 2 && both.errors.contains("exclude each other"), "\(both.errors)")
    }

    @Test func `wrong areas are named with what to do`() throws {
        let job = try makeJob()
        let unknown = try job.antares("dataset search --region Jalsco")
        #expect(unknown.status == 66 || unknown.status == 64 || unknown.status == 1)
        #expect(unknown.errors.contains("Jalisco"), "\(unknown.errors)")
        let missing = try job.antares("dataset search --geometry @none.wkt")
        #expect(missing.status == 66)
        #expect(missing.errors.contains("the file 'none.wkt' does not exist"))
        let broken = try job.program.run(
            ["dataset", "search", "--geometry", "POLYGON ((1 2"],
            environment: job.environment
        )
        #expect(broken.status != 0)
        #expect(broken.errors.contains("Give a polygon as WKT or GeoJSON"), "\(broken.errors)")
        let both = try job.antares("dataset search --region Jalisco --geometry POINT(1)")
        #expect(both.errors.contains("exclude each other"))
    }

    @Test func `footprints are made again on request, and what has none is named and stays`() throws {
        let job = try makeJob()
        let legacy = """
            id: \(TwinIndex.id(3))
            product: {name: demo}
            measurements: {red: {path: a.tif}}
            """
        _ = try job.program.home.write(legacy, to: "3.yaml")
        let added = try job.antares("dataset add 3.yaml")
        #expect(added.output == "datasets: 1 added\n")
        #expect(added.errors.contains("dataset \(TwinIndex.id(3)) has no footprint"), "\(added.errors)")
        let made = try job.antares("index footprints --rebuild")
        #expect(made.output == "footprints: 2, 1 datasets without\n")
        #expect(made.errors.contains("dataset \(TwinIndex.id(3)) has no footprint: the document has no geometry"))
        #expect(try job.antares("dataset count --count-only").output == "3\n")
    }
}
