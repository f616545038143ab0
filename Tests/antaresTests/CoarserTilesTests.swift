import Documents
import Foundation
import TestSupport
import Testing

/// Tiles whose pixels are larger than those of their scenes.
@Suite(
    "Coarser tiles",
    .enabled(if: TestDatabase.isAvailable && TestPython.isAvailable, "SKIPPED: NEEDS POSTGRESQL AND PYTHON'S DATACUBE")
)
struct CoarserTilesTests {
    /// Landsat's pixels have their centres at multiples of 30 m; dc.load pastes where edges meet edges.
    @Test func `where dc_load pastes, nearest gives the same pixels`() throws {
        let job = try TestJob()
        for line in [
            "antares simulate --sensor landsat_c2 --out simulated --lon -103.4 --lat 20.6 --size-km 6 --tiles 1 --seed 7 "
                + "--dates 2017-01-15 --cloud-cover 0",
            "antares init --no-create-tables", "datacube system init",
            "datacube product add ~/.config/madmex/indexing/landsat_c2_l2.yaml",
            "antares prepare_metadata --path simulated/scenes --dataset_name landsat_c2 --outfile scenes.yaml",
            "datacube dataset add scenes.yaml",
        ] {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
        let script = repository.appending(path: "Tests/Python/check_coarser.py").path
        for step in [2, 3, 5] {
            let product = "coarse_\(step)"
            let config = """
                source_type: landsat_c2_l2
                output_type: \(product)
                location: \(job.program.home.path("tiles"))
                file_path_template: "\(product)/{tile_index[0]}_{tile_index[1]}_{start_time}.nc"
                global_attributes: {title: test}
                storage:
                  driver: NetCDF CF
                  crs: EPSG:32613
                  tile_size: {x: \(step * 600), y: \(step * 600)}
                  resolution: {x: \(step * 30), y: -\(step * 30)}
                  origin: {x: 15, y: 15}
                  chunking: {x: 20, y: 20, time: 1}
                  dimension_order: [time, y, x]
                measurements:
                - {name: red, src_varname: red, dtype: uint16, nodata: 0}
                """
            _ = try job.program.home.write(config, to: "\(product).yaml")
            let made = try job.run("datacube ingest -c \(product).yaml")
            #expect(made.status == 0, "\(made.errors)")
            let result = try TestPython.run(file: script, [product, "landsat_c2_l2", "red"], database: job.database)
            let report = try JSONText.parse(result.output, origin: "check_coarser.py \(result.errors.suffix(2000))")
            #expect((report["pasted"]?.integer ?? 0) > 0 && (report["pixels"]?.integer ?? 0) > 300, "\(result.output)")
            #expect(report["differ"]?.integer == 0, "\(step): \(result.output)")
        }
    }
}
