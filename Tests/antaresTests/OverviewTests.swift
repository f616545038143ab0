import Documents
import Foundation
import TestSupport
import Testing

/// Sources with reduced copies that are stored otherwise than the full picture.
@Suite(
    "Overviews of sources",
    .enabled(if: TestDatabase.isAvailable && TestPython.isAvailable, "SKIPPED: NEEDS POSTGRESQL AND PYTHON'S DATACUBE")
)
struct OverviewTests {
    /// Blocks of 64 in the reduced copies, of 256 in the file itself.
    @Test(arguments: [true, false])
    func `tiles coarser than their source come from its reduced copies, whatever their blocks, as gdalwarp's do`(
        _ areInternal: Bool
    ) throws {
        let job = try TestJob()
        let home = job.program.home
        let make = """
            import sys, numpy, rasterio
            from rasterio.transform import Affine
            y, x = numpy.mgrid[0:1000, 0:1400]
            noise = numpy.random.default_rng(7).integers(0, 900, y.shape)
            pixels = ((2000 + 3 * x + 2 * y + noise) // 10).astype("uint16")
            pixels[:, 400:430] = 0
            with rasterio.open(sys.argv[1], "w", driver="GTiff", width=1400, height=1000, count=1, dtype="uint16",
                               crs="EPSG:32613", nodata=0, tiled=True, blockxsize=256, blockysize=256,
                               transform=Affine(30, 0, 600000, 0, -30, 2300000)) as file:
                file.write(pixels, 1)
            """
        let made = try TestPython.run(make, [home.path("a.tif")])
        #expect(made.status == 0, "\(made.errors)")
        let reduced = try run(
            "gdaladdo",
            ["-q", "-r", "average", "--config", "GDAL_TIFF_OVR_BLOCKSIZE", "64"] + (areInternal ? [] : ["-ro"])
                + [home.path("a.tif"), "2", "4", "8"]
        )
        #expect(reduced.status == 0, "\(reduced.errors)")
        _ = try home.write(TwinIndex.product, to: "p.yaml")
        _ = try home.write(TwinIndex.scene(1).replacing("[200, 100]", with: "[1000, 1400]"), to: "s.yaml")
        var cases: [(path: String, method: String)] = []
        var lines = ["datacube system init", "datacube product add p.yaml", "datacube dataset add s.yaml"]
        for (crs, resolution) in [("EPSG:32613", 150), ("EPSG:6372", 170)] {
            for method in ["nearest", "average", "bilinear"]
                + (areInternal ? ["cubic", "sum", "rms", "mode", "max", "q1"] : [])
            {
                let name = "\(crs.dropFirst(5))_\(method).tif"
                lines.append(
                    "antares export -n demo --time 2017 --crs \(crs) --resolution \(resolution) --resampling \(method) -o \(name)"
                )
                cases.append((home.path(name), method))
            }
        }
        for line in lines {
            let result = try job.run(line)
            try #require(result.status == 0, "\(line): \(result.errors)")
        }
        let checked = try TestPython.run(
            file: pythonFile("check_export.py"),
            ["demo"] + cases.flatMap { [$0.path, $0.method] },
            database: job.database
        )
        let report = try JSONText.parse(checked.output, origin: "check_export.py \(checked.errors.suffix(2000))")
        for (path, method) in cases {
            let line = try #require(report[path]?["red"])
            let found = try #require(line["exact"])
            #expect((found["both"]?.integer ?? 0) > 40_000, "\(path) \(line)")
            // In one projection every pixel is gdalwarp's, exactly; in another one a rounding may fall on either side. GDAL's
            // sum has a value too where a pixel ends at the edge of the scene: a row of 200.
            let isSame = path.contains("32613_")
            for (part, most) in [
                ("ours_alone", 0), ("theirs_alone", isSame && method == "sum" ? 200 : 0), ("differ", isSame ? 0 : 20),
            ] {
                #expect((found[part]?.integer ?? .max) <= most, "\(path) \(part) \(line)")
            }
        }
    }
}
