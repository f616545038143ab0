import Documents
import Foundation
import TestSupport
import Testing

/// What recipes can do beyond statistics, on scenes of two sensors in many small tiles: numpy computes it in one piece.
@Suite(
    "Engine, two sensors",
    .enabled(if: TestDatabase.isAvailable && TestPython.isAvailable, "SKIPPED: POSTGRESQL OR PYTHON IS MISSING"),
    .serialized
)
struct EngineFeaturesTests {
    private let recipe = """
        name: engine
        inputs:
          s2:
            product: s2_l2a_20m_granule
            measurements: [red, nir, swir1]
            mask: {pixel_qa: {scl: [dark_shadow, vegetation, not_vegetated, water, unclassified]}}
            mask_steps: [{opening: 1}, {dilate: 4}]
          landsat:
            product: landsat_c2_l2
            measurements: {red: SR_RED, nir: SR_NIR, swir1: swir1}
            mask: {pixel_qa: {fill: false, cloud: false, cloud_shadow: false}}
            mask_steps: [{dilate: 2}]
        grid: {tile_size: 800}
        variables: {ndvi: (nir - red) / (nir + red)}
        output_defaults: {dtype: float32, nodata: -9999}
        outputs:
          - {name: best_ndvi, value: red, reduce: best, quality: ndvi}
          - {name: best_cloud, value: nir, reduce: best, quality: cloud_distance}
          - {name: closest_day, value: swir1, reduce: best, closest_to: 06-15}
          - {name: closest_date, value: red, reduce: best, closest_to: 2017-04-01}
          - {name: valid, value: red, reduce: valid_fraction}
          - {name: peak, value: ndvi, reduce: argmax, as: day_of_year}
          - {name: low, value: ndvi, reduce: argmin}
          - {name: n, value: red, reduce: count}
          - {name: "ndvi_{period}", value: ndvi, reduce: median, by: quarter, min_count: 2}
        """

    private func run(_ job: TestJob, _ lines: [String]) throws {
        for line in lines {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
    }

    @Test func `best pixels, masks across tiles and two sensors' numbers are those of numpy`() throws {
        let job = try TestJob()
        let place = "--lon -103.4 --lat 20.6 --size-km 1.6 --tiles 1 --seed 7"
        _ = try job.program.home.write(recipe, to: "engine.yaml")
        try run(
            job,
            [
                "antares simulate --out s2 \(place) --resolutions 20 --format tif --cloud-cover 0.3 "
                    + "--dates 2017-01-15,2017-03-15,2017-05-20,2017-08-15,2017-11-03",
                "antares simulate --sensor landsat_c2 --out landsat \(place) --cloud-cover 0.3 "
                    + "--dates 2017-02-15,2017-04-09,2017-06-17,2017-08-20,2017-12-05",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml",
                "datacube product add ~/.config/madmex/indexing/landsat_c2_l2.yaml",
                "antares prepare_metadata --path s2/scenes --dataset_name s2_l2a_20m --outfile s2.yaml",
                "antares prepare_metadata --path landsat/scenes --dataset_name landsat_c2 --outfile landsat.yaml",
                "datacube dataset add s2.yaml landsat.yaml",
                "antares apply_recipe -recipe engine.yaml -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 "
                    + "--name engine",
            ]
        )
        let result = try TestPython.run(
            file: pythonFile("check_engine.py"),
            ["engine", "s2_l2a_20m_granule", "landsat_c2_l2"],
            database: job.database
        )
        let report = try JSONText.parse(result.output, origin: "check_engine.py \(result.errors.suffix(2000))")
        #expect(report["slices"]?.integer == 10 && (report["tiles"]?.integer ?? 0) >= 4, "\(report)")
        #expect(report["outputs"]?.object?.count == 12)
        for (name, line) in report["outputs"]?.object ?? DocumentObject() {
            let (valid, wrong) = (line["valid"]?.integer ?? 0, line["wrong"]?.integer ?? .max)
            // Where two dates are equal in Float but not in double, another one may be the best.
            // A quarter may have no pixel with two values.
            #expect(valid >= (name.hasPrefix("ndvi_") ? 0 : 3000) && wrong * 1000 <= valid, "\(name): \(line)")
        }
    }

    @Test func `features on the grid of another product share its pixels`() throws {
        let job = try TestJob()
        let place = "--lon -103.4 --lat 20.6 --size-km 2 --tiles 1 --seed 7 --dates 2017-01-15,2017-03-15"
        try run(
            job,
            [
                "antares simulate --out s2 \(place) --resolutions 10,20 --format tif",
                "antares init --no-create-tables", "datacube system init",
                "datacube product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml",
                "datacube product add ~/.config/madmex/indexing/s2_l2a_10m_granule.yaml",
                "antares prepare_metadata --path s2/scenes --dataset_name s2_l2a_20m --outfile s20.yaml",
                "antares prepare_metadata --path s2/scenes --dataset_name s2_l2a_10m --outfile s10.yaml",
                "datacube dataset add s20.yaml s10.yaml",
                "datacube ingest -c ~/.config/madmex/ingestion/s2_l2a_20m_mexico.yaml --queue-size 1",
            ]
        )
        let recipe = """
            name: reds
            inputs: {s2: {product: s2_l2a_10m_granule, measurements: [red], resampling: average}}
            output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
            outputs: [{name: red, value: red, reduce: mean}]
            """
        _ = try job.program.home.write(recipe, to: "reds.yaml")
        let line =
            "antares apply_recipe -recipe reds.yaml -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3"
        try run(job, [line + " --name like --like s2_l2a_20m_mexico"])
        let text = """
            import datacube, json
            dc = datacube.Datacube()
            made = dc.load(product='like', datasets=dc.find_datasets(product='like')[:1])
            tile = dc.load(product='s2_l2a_20m_mexico', measurements=['red'], like=made.geobox)
            storage = [dc.index.products.get_by_name(p).definition['storage'] for p in ('like', 's2_l2a_20m_mexico')]
            keys = ('crs', 'tile_size', 'resolution', 'origin')
            both = (made.red.values[0] > 0) & (tile.red.values > 0).all(axis=0)
            gap = abs(made.red.values[0][both] - tile.red.values.mean(axis=0)[both]).mean()
            print(json.dumps({'same': all(storage[0][k] == storage[1][k] for k in keys), 'both': int(both.sum()),
                              'gap': float(gap), 'level': float(tile.red.values.mean(axis=0)[both].mean())}))
            """
        let result = try TestPython.run(text, database: job.database)
        let report = try JSONText.parse(result.output, origin: "python \(result.errors.suffix(2000))")
        #expect(report["same"]?.bool == true && (report["both"]?.integer ?? 0) > 5000, "\(report)")
        #expect((report["gap"]?.double ?? .infinity) < 0.2 * (report["level"]?.double ?? 0), "\(report)")
    }

    @Test func `saved tasks are made by another run, on the real index`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        try cube.expectDone("antares ingest -c ingestion.yaml --save-tasks tasks.yaml")
        #expect(cube.files().isEmpty)
        let text = try String(contentsOfFile: cube.job.program.home.path("tasks.yaml"), encoding: .utf8)
        let planned = try cube.job.run("antares ingest -c ingestion.yaml --dry-run --json")
        let count = try #require(try JSONText.parse(planned.output, origin: "antares")["planned"]?.integer)
        #expect(count > 5 && text.matches(of: /tile \(/).count == count)
        let made = try cube.job.run("datacube ingest --load-tasks tasks.yaml --executor multiproc 2 --queue-size 2")
        #expect(made.status == 0 && made.output.contains("\(count) tiles written"), "\(made.output)\(made.errors)")
        #expect(try cube.indexedCount("s2_l2a_20m_mexico") == count)
        let again = try cube.job.run("antares ingest -c ingestion.yaml --save-tasks rest.yaml")
        #expect(again.output.hasPrefix("0 of \(count) tiles"), "\(again.output)")
    }
}
