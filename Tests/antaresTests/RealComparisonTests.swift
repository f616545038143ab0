import Documents
import Foundation
import TestSupport
import Testing

/// Real Landsat and Sentinel-2 scenes, pasted, warped and computed: against Python's `dc.load`, GDAL's warper and numpy.
@Suite(
    "Real scenes against Python",
    .enabled(if: TestDatabase.isAvailable && TestPython.isAvailable, "SKIPPED: POSTGRESQL OR PYTHON IS MISSING"),
    .enabled(if: RealScenes.isHere, "SKIPPED: THE FOLDER OF REAL SCENES IS NOT HERE (ANTARES_TEST_DATA)"),
    .serialized
)
struct RealComparisonTests {
    private func run(_ job: TestJob, _ lines: [String]) throws {
        for line in lines {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
    }

    /// The real scene of Collection 2 in Colombia, reduced to 512 × 512 pixels that are not square.
    private func landsat8() throws -> TestJob {
        let job = try TestJob()
        try run(
            job,
            [
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/landsat_c2_l2.yaml",
                "antares prepare_metadata --path \(RealScenes.path("landsat8-c2l2")) --dataset_name landsat_c2 --outfile l8.yaml",
                "datacube dataset add l8.yaml",
            ]
        )
        return job
    }

    private func landsat5() throws -> TestJob {
        let job = try TestJob()
        let measurements = ["1", "2", "3", "4", "5", "7"].map {
            "  - {name: '\($0)', dtype: int16, nodata: -999, units: '1', scale_factor: 0.0001}"
        }
        let product = """
            name: ls5_nbar_scene
            description: Landsat 5 NBAR of Geoscience Australia
            metadata_type: eo
            metadata: {platform: {code: LANDSAT_5}, product_type: nbar}
            measurements:
            \(measurements.joined(separator: "\n"))
            """
        _ = try job.program.home.write(product, to: "product.yaml")
        let folder = RealScenes.path("ls5-ga-nbar-lbg/LS5_TM_NBAR_P54_GANBAR01-002_090_084_19920323")
        try run(
            job,
            [
                "antares init --no-create-tables", "datacube system init", "datacube product add product.yaml",
                "datacube dataset add \(folder)",
            ]
        )
        return job
    }

    /// What check_export.py says of files and the resampling they were made with.
    private func compare(_ job: TestJob, _ product: String, _ files: [(String, String)]) throws -> DocumentValue {
        let arguments = files.flatMap { [job.program.home.path($0.0), $0.1] }
        let result = try TestPython.run(
            file: pythonFile("check_export.py"),
            [product] + arguments,
            database: job.database
        )
        return try JSONText.parse(result.output, origin: "check_export.py \(result.errors.suffix(2000))")
    }

    @Test func `what is pasted equals dc_load to the last pixel`() throws {
        let eight = try landsat8()
        try run(eight, ["antares export -n landsat_c2_l2 -b red nir -o pasted.tif"])
        let five = try landsat5()
        try run(five, ["antares export -n ls5_nbar_scene -b 3 4 -o pasted.tif"])
        for (job, product) in [(eight, "landsat_c2_l2"), (five, "ls5_nbar_scene")] {
            let report = try compare(job, product, [("pasted.tif", "nearest")])
            let bands = report[job.program.home.path("pasted.tif")]?.object ?? DocumentObject()
            #expect(bands.count == 2)
            for (name, line) in bands {
                for key in ["ours_alone", "theirs_alone", "differ"] {
                    #expect(line["odc"]?[key]?.integer == 0, "\(product) \(name): \(line)")
                }
                #expect((line["odc"]?["both"]?.integer ?? 0) > 100_000, "\(line)")
            }
        }
    }

    /// Ours are the pixels of gdalwarp with exact positions, to a thousandth of what a shift by a pixel changes.
    ///
    /// Python's `dc.load` and `gdalwarp` without options have positions that are exact to an eighth of a pixel.
    private func expectWarped(_ line: DocumentValue, _ label: String) {
        func number(_ key: String, _ field: String) -> Double { line[key]?[field]?.double ?? .infinity }
        let comment = "\(label): \(line)"
        let gradient = line["gradient"]?.double ?? 0
        #expect(number("odc", "both") > 150_000, "\(comment)")
        #expect(number("exact", "ours_alone") + number("exact", "theirs_alone") <= 1, "\(comment)")
        #expect(number("exact", "mean") < 0.001 * gradient, "\(comment)")
        if label.contains("nearest") { #expect(number("exact", "differ") < 20, "\(comment)") }
        // Far less than what an eighth of a pixel is worth.
        #expect(number("odc", "mean") < 0.06 * gradient, "\(comment)")
        // dc.load's mean leaves out pixels that the scene covers in part.
        let edge = label.contains("average") ? 1000.0 : 100
        #expect(number("odc", "ours_alone") + number("odc", "theirs_alone") < edge, "\(comment)")
    }

    @Test func `what is warped equals GDAL's warper`() throws {
        let methods = ["nearest", "bilinear", "cubic", "lanczos", "average"]
        let eight = try landsat8()
        let five = try landsat5()
        for method in methods {
            try run(
                eight,
                [
                    "antares export -n landsat_c2_l2 -b red nir --crs EPSG:4326 --resolution 0.004 --resampling \(method) -o \(method).tif"
                ]
            )
            try run(
                five,
                [
                    "antares export -n ls5_nbar_scene -b 3 4 --crs EPSG:3577 --resolution 25 --resampling \(method) -o \(method).tif"
                ]
            )
        }
        for (job, product) in [(eight, "landsat_c2_l2"), (five, "ls5_nbar_scene")] {
            let report = try compare(job, product, methods.map { ("\($0).tif", $0) })
            for (path, bands) in report.object ?? DocumentObject() {
                for (name, line) in bands.object ?? DocumentObject() {
                    expectWarped(line, "\(product), band \(name), \(path.split(separator: "/").last ?? "")")
                }
            }
        }
    }

    @Test func `a recipe on a real Landsat scene is that of numpy`() throws {
        let job = try landsat8()
        try run(
            job,
            [
                "antares apply_recipe -recipe landsat_colombia_001 -b 2019-01-01 -e 2019-12-31 -lat 0 3 -long -76 -72 --name colombia"
            ]
        )
        let inputs = """
            [{"product": "landsat_c2_l2", "qa": "pixel_qa", "clear_bits": [3, 4, 5], "bands": {"blue": "blue",
            "green": "green", "red": "red", "nir": "nir", "swir1": "swir1", "swir2": "swir2"}}]
            """
        let result = try TestPython.run(
            file: pythonFile("check_features.py"),
            ["colombia", inputs],
            database: job.database
        )
        let report = try JSONText.parse(result.output, origin: "check_features.py \(result.errors.suffix(2000))")
        let outputs = report["outputs"]?.object ?? DocumentObject()
        #expect(outputs.count == 12 && report["dates"]?.integer == 1, "\(report)")
        for (name, line) in outputs {
            let (valid, near) = (line["valid"]?.integer ?? 0, line["off_by_one"]?.integer ?? .max)
            #expect(valid > 10_000 && line["wrong"]?.integer == 0 && near * 50 < valid, "\(name): \(line)")
        }
    }

    @Test func `s2_l2a_10m_annual on real Sentinel-2 scenes is that of numpy, its dilated masks too`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/s2_l2a_10m_granule.yaml",
                "antares prepare_metadata --path \(RealScenes.path("s2-l2a-33T")) --dataset_name s2_l2a_10m --outfile s2.yaml",
                "datacube dataset add s2.yaml",
                "antares apply_recipe -recipe s2_l2a_10m_annual -b 2023-01-01 -e 2023-12-31 -lat 45 47 -long 15 16.5 --name annual",
            ]
        )
        let result = try TestPython.run(
            file: pythonFile("check_s2_annual.py"),
            ["annual", "s2_l2a_10m_granule"],
            database: job.database
        )
        let report = try JSONText.parse(result.output, origin: "check_s2_annual.py \(result.errors.suffix(2000))")
        #expect(report["dates"]?.integer == 5 && report["outputs"]?.object?.count == 8, "\(report)")
        for (name, line) in report["outputs"]?.object ?? DocumentObject() {
            let (valid, near) = (line["valid"]?.integer ?? 0, line["off_by_one"]?.integer ?? .max)
            #expect(valid > 500_000 && line["wrong"]?.integer == 0 && near * 100 < valid, "\(name): \(line)")
        }
        #expect(report["count_differs"]?.integer == 0, "\(report)")
        #expect((report["argmax_differs"]?.integer ?? .max) < 500, "\(report)")
    }
}
