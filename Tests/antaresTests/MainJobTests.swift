import DatacubeIndex
import Documents
import Foundation
import Geo
import Postgres
import Raster
import TestSupport
import Testing

/// The main job of the README, each line as a user types it, on simulated scenes over a part of Jalisco.
@Suite(
    "The main job",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE MAIN JOB NEEDS POSTGRESQL"),
    .serialized
)
struct MainJobTests {
    @Test func `from scenes to a map, and Python's datacube reads it`() throws {
        let job = try TestJob()
        let program = job.program

        let simulated = try job.antares(
            "simulate --out simulated --lon -103.4 --lat 20.6 --size-km 4 --tiles 2 --seed 7 --resolutions 20 "
                + "--dates 2017-01-15,2017-05-15,2017-09-15 --cloud-cover 0.3 --elevation"
        )
        #expect(simulated.status == 0, "\(simulated.errors)")

        let initialised = try job.antares("init -c mex")
        #expect(initialised.status == 0, "\(initialised.errors)")
        #expect(initialised.output.contains("MEX"))
        for name in ["indexing/s2_l2a_20m_granule", "ingestion/s2_l2a_20m_mexico", "recipes/s2_20m_001"] {
            let path = program.home.path("home/.config/madmex/\(name).yaml")
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }

        let system = try job.datacube("-v system init")
        #expect(system.status == 0 && system.output.contains("Initialising database..."), "\(system.errors)")
        let check = try job.datacube("system check")
        #expect(check.status == 0 && check.output.contains("Valid connection:\tYES"), "\(check.output)")

        let product = try job.datacube("-v product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml")
        #expect(product.status == 0, "\(product.errors)")
        #expect(product.output.contains("Adding \"s2_l2a_20m_granule\" (this might take a while) DONE"))

        let prepared = try job.antares(
            "prepare_metadata --path simulated/scenes --dataset_name s2_l2a_20m --outfile s2.yaml"
        )
        #expect(prepared.status == 0, "\(prepared.errors)")
        #expect(try YAML.parse(file: program.home.path("s2.yaml")).count == 6)
        let added = try job.datacube("-v dataset add s2.yaml")
        #expect(added.status == 0, "\(added.errors)")

        for line in [
            "datacube -v product add ~/.config/madmex/indexing/srtm_cgiar.yaml",
            "antares prepare_metadata --path simulated/srtm --dataset_name srtm_cgiar --outfile srtm.yaml",
            "datacube -v dataset add srtm.yaml",
        ] {
            let result = try job.run(line)
            #expect(result.status == 0, "\(line): \(result.errors)")
        }

        let ingest = "-v ingest -c ~/.config/madmex/ingestion/s2_l2a_20m_mexico.yaml --executor multiproc 2"
        let dryRun = try job.datacube(ingest + " --dry-run")
        #expect(dryRun.output.contains("6 tiles planned") && dryRun.output.contains("peak memory"), "\(dryRun.output)")
        let ingested = try job.datacube(ingest)
        #expect(ingested.status == 0, "\(ingested.errors)")
        #expect(ingested.output.contains("6 tiles written, 0 already there"), "\(ingested.output)")
        let again = try job.datacube(ingest)
        #expect(again.output.contains("0 tiles written, 6 already there"), "\(again.output)")

        let recipe =
            "apply_recipe -recipe s2_20m_001 -b 2017-01-01 -e 2017-12-31 -region Jalisco --name s2_001_jalisco_2017"
        let applied = try job.antares(recipe)
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(applied.output.contains("1 tile written, 0 already there"), "\(applied.output)")
        #expect(try job.antares(recipe).output.contains("0 tiles written, 1 already there"))

        let listed = try job.antares("list products")
        for name in ["s2_l2a_20m_granule", "s2_l2a_20m_mexico", "s2_001_jalisco_2017", "srtm_cgiar_mosaic"] {
            #expect(listed.output.contains(name), "\(listed.output)")
        }
        let look = try job.antares("quicklook -p s2_001_jalisco_2017 -o jalisco.png")
        #expect(look.status == 0, "\(look.errors)")
        let picture = try RasterFile(opening: program.home.path("jalisco.png"))
        #expect(picture.driverName == "PNG" && picture.bandCount == 4 && picture.width > 100)

        try checkWithPython(job)
    }

    /// numpy computes the recipe again from what Python's `dc.load` reads of the tiles: no pixel may differ.
    private func checkWithPython(_ job: TestJob) throws {
        guard TestPython.isAvailable else { return }
        let files = job.program.home.files().filter {
            $0.contains("recipes/s2_001_jalisco_2017") && $0.hasSuffix(".nc")
        }
        #expect(files.count == 1)
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Python/check_recipe.py")
            .standardizedFileURL
        let result = try TestPython.run(
            file: script.path,
            ["s2_001_jalisco_2017", "s2_l2a_20m_mexico"] + files.map(job.program.home.path),
            database: job.database
        )
        #expect(result.status == 0, "\(result.errors.suffix(3000))")
        let report = try JSONText.parse(result.output, origin: "check_recipe.py")
        #expect(report["products"]?.array?.contains("s2_001_jalisco_2017") == true)
        #expect(report["datasets"] == 1 && report["dates"] == 3 && report["same_as_file"] == true)
        // Six tiles and one elevation mosaic.
        #expect(report["sources"] == 7)
        #expect(report["outputs"]?.object?.count == 18)
        for (name, counts) in report["outputs"]?.object ?? DocumentObject() {
            #expect(counts["wrong"] == 0, "\(name): \(counts)")
            #expect((counts["valid"]?.integer ?? 0) > 30_000, "\(name): \(counts)")
        }
    }
}
