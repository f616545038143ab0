import Documents
import Foundation
import TestSupport
import Testing

/// The recipes that antares3 had on its way, on simulated scenes; numpy computes them again from what `dc.load` reads.
@Suite(
    "Recipes of antares3's later years",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: RECIPES ON SIMULATED SCENES NEED POSTGRESQL"),
    .serialized
)
struct DevelopRecipesTests {
    private func run(_ job: TestJob, _ lines: [String]) throws {
        for line in lines {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
    }

    /// What check_features.py says of a product, nil without Python.
    private func compare(_ job: TestJob, _ product: String, with inputs: String) throws -> DocumentValue? {
        guard TestPython.isAvailable else { return nil }
        let result = try TestPython.run(
            file: pythonFile("check_features.py"),
            [product, inputs],
            database: job.database
        )
        return try JSONText.parse(result.output, origin: "check_features.py \(result.errors.suffix(2000))")
    }

    /// Every output has values, none is wrong, and hardly any is off by the rounding of a half.
    private func expectEqual(_ report: DocumentValue?, _ names: [String], dates: Int) {
        guard let report else { return }
        #expect(report["dates"]?.integer == dates, "\(report)")
        let outputs = report["outputs"]?.object ?? DocumentObject()
        #expect(Set(outputs.keys) == Set(names), "\(outputs.keys)")
        for (name, line) in outputs {
            let (valid, near) = (line["valid"]?.integer ?? 0, line["off_by_one"]?.integer ?? .max)
            #expect(valid > 5000 && line["wrong"]?.integer == 0 && near * 100 < valid, "\(name): \(line)")
        }
    }

    private static let landsat = ["blue", "green", "red", "nir", "swir1", "swir2", "ndvi", "ndmi"].map { $0 + "_mean" }
    private static let extremes = ["ndvi_max", "ndvi_min", "ndmi_max", "ndmi_min"]
    private static let terrain = ["elevation", "slope", "aspect"]

    @Test func `landsat_madmex_004 and those of three countries run on Landsat's Collection 2`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares simulate --sensor landsat_c2 --out simulated --lon -88.7 --lat 17.2 --size-km 3 --tiles 1 --seed 5 "
                    + "--dates 2017-01-15,2017-04-15,2017-09-15 --cloud-cover 0.3 --elevation",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/landsat_c2_l2.yaml",
                "datacube product add ~/.config/madmex/indexing/srtm_cgiar.yaml",
                "antares prepare_metadata --path simulated/scenes --dataset_name landsat_c2 --outfile scenes.yaml",
                "antares prepare_metadata --path simulated/srtm --dataset_name srtm_cgiar --outfile dem.yaml",
                "datacube dataset add scenes.yaml dem.yaml",
                "antares apply_recipe -recipe landsat_belize_001 -b 2017-01-01 -e 2017-12-31 -lat 17 17.4 -long -89 -88.5 --name belize",
                "antares apply_recipe -recipe landsat_guyana_001 -b 2017-01-01 -e 2017-12-31 -lat 17 17.4 -long -89 -88.5 --name guyana",
                "antares apply_recipe -recipe landsat_colombia_001 -b 2017-01-01 -e 2017-12-31 -lat 17 17.4 -long -89 -88.5 --name colombia "
                    + "--crs EPSG:4326 -res 0.000269 0.000269 -tilesize 0.0269 0.0269 -origin 15.92 -81.85",
                "antares ingest -c ~/.config/madmex/ingestion/landsat_c2_mexico.yaml --year 2017",
                "antares apply_recipe -recipe landsat_madmex_004 -b 2017-01-01 -e 2017-12-31 -lat 17 17.4 -long -89 -88.5 --name madmex "
                    + "-tilesize 6000 6000",
            ]
        )
        let files = job.program.home.files()
        #expect(files.contains { $0.contains("recipes/belize/landsat_belize_001_") })
        #expect(files.contains { $0.contains("recipes/colombia/landsat_colombia_001_") })
        let inputs = """
            [{"product": "landsat_c2_l2", "qa": "pixel_qa", "clear_bits": [3, 4, 5], "bands": {"blue": "blue",
            "green": "green", "red": "red", "nir": "nir", "swir1": "swir1", "swir2": "swir2"}},
            {"product": "srtm_cgiar_mosaic", "static": true,
            "bands": {"elevation": "elevation", "slope": "slope", "aspect": "aspect"}}]
            """
        let names = Self.landsat + Self.extremes + Self.terrain
        for product in ["belize", "guyana"] { expectEqual(try compare(job, product, with: inputs), names, dates: 3) }
        let tiles = inputs.replacing("landsat_c2_l2", with: "landsat_c2_mexico")
        expectEqual(try compare(job, "madmex", with: tiles), names, dates: 3)
    }

    @Test func `s2_20m_resampled_10m_001 and s1_2_10m_001 run on pixels of 10 m`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares simulate --out simulated --lon -103.4 --lat 20.6 --size-km 2 --tiles 1 --seed 7 --resolutions 10,20,60 "
                    + "--format tif --dates 2017-01-15,2017-03-15,2017-09-15 --cloud-cover 0.2",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/s2_l2a.yaml",
                "datacube product add ~/.config/madmex/indexing/sentinel_1_esa_scenes.yaml",
                "antares prepare_metadata --path simulated/scenes --dataset_name s2_l2a --outfile s2.yaml",
                "datacube dataset add s2.yaml",
                "antares apply_recipe -recipe s2_20m_resampled_10m_001 -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 --name resampled",
            ]
        )
        let bands = ["blue", "green", "red", "re1", "re2", "re3", "nir", "swir1", "swir2"]
        let pairs = bands.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ")
        let s2 = #"{"product": "s2_l2a", "qa": "pixel_qa", "classes": [2, 4, 5, 6, 7, 11], "bands": {\#(pairs)}}"#
        let means = (bands + ["ndvi", "ndmi"]).map { $0 + "_mean" }
        expectEqual(
            try compare(job, "resampled", with: "[\(s2)]"),
            means + Self.extremes,
            dates: 3
        )
        guard TestPython.isAvailable else { return }
        let files = job.program.home.files()
        let raster = try #require(files.first { $0.contains("_B02_10m") })
        let folder = job.program.home.path("s1")
        let arguments = [job.program.home.path(raster), folder, "2017-02-01", "2017-08-01"]
        let made = try TestPython.run(file: pythonFile("make_sentinel1.py"), arguments)
        try #require(made.status == 0, "\(made.errors)")
        try run(
            job,
            [
                "datacube dataset add s1/2017-02-01.yaml s1/2017-08-01.yaml",
                "antares apply_recipe -recipe s1_2_10m_001 -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 --name both",
            ]
        )
        let s1 = #"{"product": "s1_esa_scene", "bands": {"vh": "polarisation_VH", "vv": "polarisation_VV"}}"#
        expectEqual(
            try compare(job, "both", with: "[\(s2), \(s1)]"),
            means + Self.extremes + ["vh", "vv"],
            dates: 5
        )
    }
}
