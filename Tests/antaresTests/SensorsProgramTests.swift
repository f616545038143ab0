import Documents
import Foundation
import TestSupport
import Testing

/// `antares index` and `prepare_metadata` on real files, and what other programs make of the result.
@Suite(
    .enabled(if: TestDatabase.isAvailable),
    .enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA")
)
struct SensorsProgramTests {
    /// What is indexed: path, further options, product, number of datasets.
    private static let archives: [(path: String, options: [String], product: String, count: Int)] = [
        ("landsat8-c2l2", [], "landsat_c2_l2", 1),
        ("lt5-para-1988", [], "landsat_l1", 1),
        ("s2-l2a-33T", [], "s2_l2a_10m_granule", 10),
        ("modis-sinop/h12v10", [], "modis_mod13q1", 23),
        ("modis-sinop/evi-float32-50x50", ["-d", "geotiff", "--product", "sinop_evi"], "sinop_evi", 23),
        ("l8-ny18", ["-d", "geotiff", "--product", "ny18", "--nodata", "0"], "ny18", 19),
        (
            "le7-chiapas",
            [
                "-d", "geotiff", "--pattern", "LE7", "--product", "chiapas", "--bands",
                "blue,green,red,nir,swir1,swir2,bt,fmask",
            ], "chiapas", 2
        ),
        ("netcdf-cf/L7_ETMs.tif", ["-d", "geotiff", "--time", "2000-06-01", "--product", "olinda"], "olinda", 1),
        ("netcdf-cf/tos_O1_2001-2002.nc", [], "tos_o1", 24),
        ("netcdf-cf/bcsd_obs_1999.nc", [], "bcsd_obs", 12),
        ("s2-eopatch-slovenia", [], "eopatch_s2_ndvi", 68),
    ]

    @Test func `one command indexes an archive with its product, and the second time nothing is new`() throws {
        let job = try TestJob()
        #expect(try job.antares("init --no-conf-setup").status == 0)
        for archive in Self.archives {
            // The path comes first: options that take several words end with the next option.
            let words = ["index", RealScenes.path(archive.path)] + archive.options
            let first = try job.program.run(words, environment: job.environment)
            #expect(first.status == 0, "\(archive.path): \(first.errors)")
            #expect(
                first.output == "products added: \(archive.product)\ndatasets: \(archive.count) added\n",
                "\(archive.path)"
            )
            let second = try job.program.run(words, environment: job.environment)
            #expect(second.output == "datasets: 0 added, \(archive.count) already there\n", "\(archive.path)")
        }
        guard TestPython.isAvailable else { return }
        // Python's datacube loads the pixels that rasterio, which is GDAL, reads from the file.
        let script = """
            import sys, warnings, datacube, numpy, rasterio
            warnings.filterwarnings("ignore")
            dc = datacube.Datacube()
            for name in sys.argv[1:]:
                product = dc.index.products.get_by_name(name)
                dataset = min(dc.find_datasets(product=name), key=lambda d: (d.center_time, str(d.id)))
                band = next(iter(product.measurements))
                doc = dataset.metadata_doc
                place = doc["measurements"][band]
                grid = doc["grids"][place.get("grid", "default")]["transform"]
                like = datacube.utils.geometry.GeoBox(
                    doc["grids"][place.get("grid", "default")]["shape"][1],
                    doc["grids"][place.get("grid", "default")]["shape"][0],
                    rasterio.Affine(*grid[:6]), dataset.crs)
                loaded = dc.load(datasets=[dataset], product=name, measurements=[band], like=like)[band].values[0]
                path = place["path"]
                source = f'netcdf:{path}:{place["layer"]}' if "layer" in place else path
                with rasterio.open(source) as file:
                    read = file.read(place.get("band", 1))
                same = (loaded == read) | (numpy.isnan(loaded) & numpy.isnan(read) if loaded.dtype.kind == "f" else False)
                print(name, loaded.shape == read.shape and bool(same.mean() > 0.999))
            """
        let products = ["landsat_c2_l2", "modis_mod13q1", "sinop_evi", "ny18", "chiapas", "olinda", "eopatch_s2_ndvi"]
        let loaded = try TestPython.run(script, products, database: job.database)
        #expect(loaded.status == 0, "\(loaded.errors.suffix(800))")
        #expect(loaded.output == products.map { "\($0) True\n" }.joined())
    }

    @Test func `documents pass eo3-validate`() throws {
        guard let program = VirtualEnvironment.programs(of: "eodatasets3").map({ $0 + "/eo3-validate" }) else {
            return announceSkipped("documents and eo3-validate", because: "It cannot be installed (scripts/venv.sh).")
        }
        let job = try TestJob()
        let folder = try TemporaryFolder()
        // EO3 takes EPSG codes and WKT only, and WKT cannot say that longitudes run from 0 to 360.
        for (index, archive) in Self.archives.enumerated() where archive.product != "tos_o1" {
            let out = folder.path("\(index).yaml")
            let words = ["prepare_metadata", "-p", RealScenes.path(archive.path), "-o", out]
            let prepared = try job.program.run(words + archive.options, environment: job.environment)
            #expect(prepared.status == 0, "\(prepared.errors)")
            // It reads one document a file.
            let first = try #require(try YAML.parse(file: out).first?.value)
            let single = try folder.write(YAMLText.write(first), to: "\(index).odc-metadata.yaml")
            let checked = try run(program, [single])
            #expect(checked.status == 0, "\(archive.path): \(checked.output) \(checked.errors)")
        }
    }

    @Test func `an executor or a folder that does not exist is told`() throws {
        let job = try TestJob()
        let bad = try job.antares("prepare_metadata -p /tmp -o /tmp/x.yaml --executor magic")
        #expect(bad.status == 64)
        #expect(bad.errors.contains("--executor 'magic' is unknown"))
        #expect(try job.antares("init --no-conf-setup").status == 0)
        let missing = try job.antares("index /nowhere/at/all")
        #expect(missing.status == 66)
        #expect(missing.errors.contains("'/nowhere/at/all' does not exist"))
    }
}
