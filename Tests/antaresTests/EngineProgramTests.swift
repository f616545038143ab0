import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// The block engine by its commands, against the Open Data Cube itself and against sudden ends.
@Suite(
    "Block engine, as a program",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE ENGINE'S COMMANDS NEED POSTGRESQL"),
    .serialized
)
struct EngineProgramTests {
    /// The bytes of all tiles of a product, by file.
    private func contents(_ cube: BadInputCube) throws -> [String: Data] {
        try cube.files().reduce(into: [:]) { contents, name in
            let url = URL(fileURLWithPath: cube.job.program.home.path("tiles/\(name)"))
            contents[name] = try Data(contentsOf: url)
        }
    }

    @Test(arguments: ["NetCDF CF", "GeoTIFF"])
    func `killed at any moment and run again, ingest gives the bytes of an undisturbed run`(driver: String) throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000, changes: [#"driver: "NetCDF CF""#: #"driver: "\#(driver)""#])
        let line = "antares ingest -c ingestion.yaml --jobs 2"
        try cube.expectDone(line)
        let expected = try contents(cube)
        #expect(expected.count > 10)
        for attempt in 0..<10 {
            try FileManager.default.removeItem(atPath: cube.tiles)
            let run = try cube.job.start(line)
            // A moment that depends on nothing: between the start and, on most machines, the end.
            usleep(UInt32.random(in: 0...900_000))
            run.send(signal: SIGKILL)
            _ = try run.wait()
            try cube.expectDone(line)
            let left = try contents(cube)
            #expect(left.filter { !$0.key.contains(".partial") } == expected, "attempt \(attempt)")
            #expect(try cube.indexedCount("s2_l2a_20m_mexico") == expected.keys.count { !$0.hasSuffix(".tif") })
        }
    }

    @Test func `a file that vanished costs the tiles that need it, and is named`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        let gone = try cube.band("B03", ofScene: 1)
        try FileManager.default.removeItem(atPath: gone)
        let result = try cube.job.run("antares ingest -c ingestion.yaml")
        #expect(result.status == 1 && result.errors.contains(gone), "\(result.errors)")
        let written = cube.files()
        #expect(!written.isEmpty && !written.contains { $0.contains("20170515") || $0.contains("partial") })
        let skipping = try cube.job.run("antares ingest -c ingestion.yaml --skip-broken")
        #expect(skipping.status == 0 && skipping.output.contains("left out"), "\(skipping.output)\(skipping.errors)")
    }

    /// Expected pixels: `dc.load` of datacube 1.8.20 on the same index, every measurement of every day.
    @Test(
        .enabled(if: RealScenes.isHere, "SKIPPED: THE FOLDER OF REAL SCENES IS NOT HERE (ANTARES_TEST_DATA)"),
        .enabled(if: TestPython.isAvailable),
        arguments: [("EPSG:32633", 120, "nearest"), ("EPSG:3035", 120, "nearest"), ("EPSG:3035", 100, "bilinear")]
    )
    func `a day of real scenes is what dc.load gives`(crs: String, resolution: Int, method: String) throws {
        let job = try TestJob()
        for line in [
            "antares init", "datacube product add ~/.config/madmex/indexing/s2_l2a_10m_granule.yaml",
            "antares prepare_metadata --path \(RealScenes.path("s2-l2a-33T")) --dataset_name s2_l2a_10m --outfile s2.yaml",
            "datacube dataset add s2.yaml",
            "antares export -n s2_l2a_10m_granule -b blue nir --time 2023-08-13 --earliest-first --crs \(crs) "
                + "--resolution \(resolution) --resampling \(method) -o day.tif",
        ] {
            let result = try job.run(line)
            #expect(result.status == 0, "\(line): \(result.errors)\(result.output)")
        }
        let script = """
            import sys, datacube, rasterio, numpy
            from datacube.utils.geometry import CRS, GeoBox
            path, method = sys.argv[1:3]
            with rasterio.open(path) as file:
                ours = file.read()
                box = GeoBox(file.width, file.height, file.transform, CRS(file.crs.to_string()))
            data = datacube.Datacube().load(
                product="s2_l2a_10m_granule", measurements=["blue", "nir"], time="2023-08-13", group_by="solar_day",
                like=box, resampling=method)
            assert data.time.size == 1, data.time
            for number, band in enumerate(["blue", "nir"]):
                theirs = data[band].values[0]
                assert theirs.shape == ours[number].shape
                valid = (theirs != 0) & (ours[number] != 0)
                edge = ((theirs != 0) != (ours[number] != 0)).mean()
                different = (theirs[valid] != ours[number][valid]).mean()
                step = numpy.abs(theirs[valid].astype(int) - ours[number][valid]).mean() / theirs[valid].std()
                print(f"{valid.mean():.4f} {edge:.6f} {different:.6f} {step:.6f}")
            """
        let result = try TestPython.run(script, [job.program.home.path("day.tif"), method], database: job.database)
        #expect(result.status == 0, "\(result.errors)")
        let rows = result.output.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
        try #require(rows.count == 2 && rows.allSatisfy { $0.count == 4 })
        for row in rows {
            #expect(row[0] > 0.3, "too little data to compare")
            if crs == "EPSG:32633" {
                // Pasted: not one pixel differs.
                #expect(row[1] == 0 && row[2] == 0)
            } else {
                // GDAL's transformer is exact to an eighth of a pixel and depends on the window, ours to a hundredth: of
                // nearest neighbours one in a hundred is another one, mixtures differ by a few per cent of the spread.
                #expect(row[1] < 0.005 && row[3] < 0.05, "\(row)")
                if method == "nearest" { #expect(row[2] < 0.05, "\(row)") }
            }
        }
    }
}
