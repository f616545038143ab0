import Documents
import Foundation
import Geo
import Postgres
import Raster
import TestSupport
import Testing

/// The chain from scenes to features on real scenes.
///
/// Expected numbers: GDAL 3.6.2 (`gdal_translate -of ENVI`) and numpy 2.4 in float64 on the raw arrays, placed on the grid
/// by hand. The files of s2-l2a-33T hold reflectance * 10000: their offset is taken off already, as their STAC items
/// (`earthsearch:boa_offset_applied`) and their values say.
@Suite(
    "Real scenes",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE CHAIN ON REAL SCENES NEEDS POSTGRESQL"),
    .enabled(if: RealScenes.isHere, "SKIPPED: THE FOLDER OF REAL SCENES IS NOT HERE (ANTARES_TEST_DATA)"),
    .serialized
)
struct RealScenesTests {
    private func expectSuccess(_ job: TestJob, _ line: String) throws -> ShellResult {
        let result = try job.run(line)
        #expect(result.status == 0, "\(line): \(result.errors)\(result.output)")
        return result
    }

    private func config(
        _ job: TestJob,
        source: String,
        output: String,
        crs: String,
        cell: Int,
        resolution: Int,
        origin: (x: Int, y: Int) = (0, 0),
        bands: [String]
    ) throws {
        let text = """
            source_type: \(source)
            output_type: \(output)
            location: \(job.program.home.path("tiles"))
            file_path_template: "\(output)/{tile_index[0]}_{tile_index[1]}_{start_time}.nc"
            global_attributes: {title: test}
            storage:
              driver: NetCDF CF
              crs: \(crs)
              tile_size: {x: \(cell), y: \(cell)}
              resolution: {x: \(resolution), y: -\(resolution)}
              origin: {x: \(origin.x), y: \(origin.y)}
              chunking: {x: 100, y: 100, time: 1}
              dimension_order: [time, y, x]
            fuse_data: copy
            measurements:
            \(bands.map { "  - \($0)" }.joined(separator: "\n"))
            """
        _ = try job.program.home.write(text, to: "\(output).yaml")
    }

    private func pixels(_ path: String, _ variable: String, _ places: [(row: Int, column: Int)]) throws -> [Int] {
        let file = try NetCDFFile(opening: path)
        return try places.map { place in
            let window = PixelWindow(column: place.column, row: place.row, width: 1, height: 1)
            return Int(try file.read(Int32.self, variable: variable, window: window)[0])
        }
    }

    private func sum(_ path: String, _ variable: String, side: Int) throws -> Int {
        let window = PixelWindow(column: 0, row: 0, width: side, height: side)
        return try NetCDFFile(opening: path).read(Int32.self, variable: variable, window: window).reduce(0) {
            $0 + Int($1)
        }
    }

    @Test func `ten Sentinel-2 scenes of two overlapping tiles become yearly features`() throws {
        let job = try TestJob()
        _ = try expectSuccess(job, "antares init")
        _ = try expectSuccess(job, "datacube product add ~/.config/madmex/indexing/s2_l2a_10m_granule.yaml")
        _ = try expectSuccess(
            job,
            "antares prepare_metadata --path \(RealScenes.path("s2-l2a-33T")) --dataset_name s2_l2a_10m --outfile s2.yaml"
        )
        #expect(try YAML.parse(file: job.program.home.path("s2.yaml")).count == 10)
        _ = try expectSuccess(job, "datacube dataset add s2.yaml")
        let bands = ["blue", "green", "red", "nir", "pixel_qa"].map { "{name: \($0), dtype: uint16, nodata: 0}" }
        try config(
            job,
            source: "s2_l2a_10m_granule",
            output: "s2_33t",
            crs: "EPSG:32633",
            cell: 30_000,
            resolution: 120,
            origin: (499_980, 4_990_200),
            bands: bands
        )
        _ = try expectSuccess(job, "datacube ingest -c s2_33t.yaml --executor multiproc 2")

        // Cell (1, 3) has the seam of the two tiles in it: 33TWM covers rows 0 to 165, 33TWL rows 85 to 249.
        let tiles = job.program.home.files().filter { $0.hasPrefix("tiles/s2_33t/1_3_20230810") }
            .sorted().map(job.program.home.path)
        #expect(tiles.count == 2)
        let (north, south) = (try #require(tiles.first), try #require(tiles.last))
        #expect(try pixels(north, "blue", [(0, 0), (100, 100), (166, 10), (167, 10)]) == [7384, 2781, 0, 0])
        #expect(try sum(north, "blue", side: 250) == 149_340_381)
        #expect(try pixels(south, "blue", [(84, 0), (85, 0), (100, 100), (249, 249)]) == [0, 6221, 2950, 1836])
        #expect(try sum(south, "blue", side: 250) == 77_583_157)

        let recipe = """
            name: real
            inputs:
              s2:
                product: s2_33t
                measurements: [red, nir]
                mask: {pixel_qa: {scl: [dark_shadow, vegetation, not_vegetated, water, unclassified, snow_ice]}}
            variables: {ndvi: (nir - red) / (nir + red)}
            output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
            outputs:
              - {name: red_mean, value: red, reduce: mean}
              - {name: ndvi_mean, value: ndvi, reduce: mean}
              - {name: n, value: red, reduce: count, scale_factor: 1}
            """
        _ = try job.program.home.write(recipe, to: "real.yaml")
        _ = try expectSuccess(
            job,
            "antares apply_recipe -recipe real.yaml -b 2023-08-01 -e 2023-08-31 -lat 46.00 46.02 -long 15.57 15.59 --name real_33t"
        )
        let made = job.program.home.files().filter { $0.hasPrefix("tiles/recipes/real_33t") }
        #expect(made == ["tiles/recipes/real_33t/real_1_3_2023-08-16.nc"])
        let file = job.program.home.path(try #require(made.first))
        let places = [(0, 0), (10, 200), (100, 100), (120, 30), (166, 249), (249, 0), (60, 77)]
        #expect(try pixels(file, "n", places) == [4, 4, 4, 3, 4, 5, 4])
        #expect(try pixels(file, "red_mean", places) == [742, 793, 379, 505, 306, 284, 718])
        #expect(try pixels(file, "ndvi_mean", places) == [5792, 5635, 8395, 7580, 8348, 8267, 7109])
        #expect(try sum(file, "n", side: 250) == 244_830)
        // 14 pixels are never clear.
        #expect(try sum(file, "red_mean", side: 250) == 30_173_514 - 14 * 9999)
    }

    /// Cell (138, 1218) of a 5 km grid in MGA zone 55 begins 40 pixels right of and below the scene's corner.
    @Test func `a legacy document of the first Australian cube is indexed, ingested and computed`() throws {
        let job = try TestJob()
        _ = try expectSuccess(job, "antares init")
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
        _ = try expectSuccess(job, "datacube product add product.yaml")
        let folder = RealScenes.path("ls5-ga-nbar-lbg/LS5_TM_NBAR_P54_GANBAR01-002_090_084_19920323")
        _ = try expectSuccess(job, "datacube -v dataset add \(folder)")
        #expect(try expectSuccess(job, "antares list products").output.contains("1992-03-23"))
        try config(
            job,
            source: "ls5_nbar_scene",
            output: "ls5_nbar",
            crs: "EPSG:28355",
            cell: 5000,
            resolution: 25,
            bands: [
                "{name: red, src_varname: '3', dtype: int16, nodata: -999}",
                "{name: nir, src_varname: '4', dtype: int16, nodata: -999}",
            ]
        )
        _ = try expectSuccess(job, "datacube ingest -c ls5_nbar.yaml")
        let name = "tiles/ls5_nbar/138_1218_19920323231413000000.nc"
        #expect(job.program.home.files().filter { $0.hasPrefix("tiles/ls5_nbar/") }.count == 12)
        let tile = job.program.home.path(name)
        let places = [(0, 0), (100, 100), (199, 199), (50, 150)]
        #expect(try pixels(tile, "red", places) == [533, 803, 1652, 803])
        #expect(try pixels(tile, "nir", places) == [2041, 2425, 1881, 1387])
        #expect(try sum(tile, "red", side: 200) == 31_083_647)
        #expect(try sum(tile, "nir", side: 200) == 88_718_218)

        let recipe = """
            name: ndvi
            inputs: {ls5: {product: ls5_nbar, measurements: [red, nir]}}
            output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
            outputs: [{name: ndvi, value: (nir - red) / (nir + red), reduce: mean}]
            """
        _ = try job.program.home.write(recipe, to: "ndvi.yaml")
        _ = try expectSuccess(
            job,
            "antares apply_recipe -recipe ndvi.yaml -b 1992-01-01 -e 1992-12-31 -lat -36 -35 -long 149 150 --name ls5_ndvi"
        )
        let made = job.program.home.path("tiles/recipes/ls5_ndvi/ndvi_138_1218_1992-07-02.nc")
        #expect(try pixels(made, "ndvi", places) == [5859, 5025, 648, 2667])

        guard TestPython.isAvailable else { return }
        let script = """
            import datacube
            dc = datacube.Datacube()
            data = dc.load(product='ls5_nbar', measurements=['red', 'nir'], x=(690000, 694999), y=(6090001, 6095000), crs='EPSG:28355')
            print(int(data.red.values.sum()), int(data.nir.values.sum()), data.red.shape)
            """
        let python = try TestPython.run(script, database: job.database)
        #expect(python.output == "31083647 88718218 (1, 200, 200)\n", "\(python.errors.suffix(2000))")
    }
}
