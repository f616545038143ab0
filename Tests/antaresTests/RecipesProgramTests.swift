import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// Recipes that are shipped, each line as a user types it, on simulated scenes.
@Suite(
    "Shipped recipes",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: RECIPES ON SIMULATED SCENES NEED POSTGRESQL"),
    .serialized
)
struct RecipesProgramTests {
    private func run(_ job: TestJob, _ lines: [String]) throws {
        for line in lines {
            let result = try job.run(line)
            #expect(result.status == 0, "\(line): \(result.errors)")
        }
    }

    @Test func `recipes of today run on Sentinel-2 tiles`() throws {
        let job = try TestJob()
        try run(
            job,
            [
                "antares simulate --out simulated --lon -103.4 --lat 20.6 --size-km 3 --tiles 2 --seed 7 --resolutions 20 "
                    + "--dates 2017-01-15,2017-03-15,2017-05-15,2017-07-15,2017-09-15 --cloud-cover 0.2",
                "antares init -c mex", "datacube -v system init",
                "datacube -v product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml",
                "antares prepare_metadata --path simulated/scenes --dataset_name s2_l2a_20m --outfile s2.yaml",
                "datacube -v dataset add s2.yaml",
                "datacube -v ingest -c ~/.config/madmex/ingestion/s2_l2a_20m_mexico.yaml --executor multiproc 2",
                "antares apply_recipe -recipe geomedian_annual -b 2017-01-01 -e 2017-12-31 -region Jalisco --name geomedian",
                "antares apply_recipe -recipe ndvi_monthly -b 2017-01-01 -e 2017-04-30 -region Jalisco --name monthly",
                "antares quicklook -p geomedian -o geomedian.png",
            ]
        )
        let files = job.program.home.files().filter { $0.contains("recipes/") && $0.hasSuffix(".nc") }
        let monthly = try #require(files.first { $0.contains("recipes/monthly") })
        let names = ["01", "02", "03", "04"].flatMap { ["ndvi_2017_\($0)", "count_2017_\($0)"] }
        let shown = try TestSupport.run("gdalinfo", [job.program.home.path(monthly)]).output
        for name in names { #expect(shown.contains(":\(name)"), "\(shown)") }
        let geomedian = try #require(files.first { $0.contains("recipes/geomedian") })
        for (name, low, high) in [("nir", 500.0, 6000.0), ("emad", 0, 0.5), ("smad", 0, 0.2), ("bcmad", 0, 0.5)] {
            let path = "NETCDF:\"\(job.program.home.path(geomedian))\":\(name)"
            let report = try TestSupport.run("gdalinfo", ["-json", "-stats", path]).output
            let document = try JSONText.parse(report, origin: "gdalinfo")
            let mean = document["bands"]?.array?.first?["mean"]?.double
            #expect(mean.map { $0 > low && $0 < high } ?? false, "\(name): \(String(describing: mean))")
        }
        if let copy = ProcessInfo.processInfo.environment["ANTARES_KEEP_PICTURE"] {
            try? FileManager.default.copyItem(atPath: job.program.home.path("geomedian.png"), toPath: copy)
        }
    }

    @Test func `recipes are listed, shown and checked, and a mistake is named`() throws {
        let job = try TestJob()
        let listed = try job.antares("recipes list")
        for name in ["landsat_8_madmex_001", "landsat_c2_annual", "geomedian_annual", "s2_20m_001"] {
            #expect(listed.output.contains(name), "\(listed.output)")
        }
        #expect(try job.antares("recipes check").status == 0)
        let shown = try job.antares("recipes show s2_10m_scl_crops")
        #expect(shown.output.contains("ndvi_argmax") && shown.output.contains("days since 1970-01-01"))
        let text = """
            name: broken
            inputs:
              s2: {product: cube, measurements: [red, nir]}
            outputs:
              - {name: x, value: nir, reduce: medain, dtype: int16, nodata: 0}
            """
        try text.write(toFile: job.program.home.path("broken.yaml"), atomically: true, encoding: .utf8)
        let broken = try job.antares("recipes check broken.yaml")
        #expect(broken.status != 0)
        #expect(
            broken.errors.contains(
                "broken.yaml:5: 'outputs[0].reduce' has the unknown value 'medain'. Did you mean 'median'?"
            ),
            "\(broken.errors)"
        )
    }
}
