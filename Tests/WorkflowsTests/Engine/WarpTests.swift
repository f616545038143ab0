import DatacubeIndex
import Foundation
import Geo
import Logging
import Raster
import TestSupport
import Testing
import Workflows

/// Exports onto another CRS by every kernel.
@Suite("Warps")
struct WarpTests {
    /// Noise on a slope with a hole: every kernel shows where it takes its pixels from.
    private func scene() -> TestCube.Scene {
        let grid = utmGrid(width: 300, height: 260)
        let red = (0..<grid.pixelCount).map { pixel -> UInt16 in
            let (row, column) = (pixel / grid.width, pixel % grid.width)
            guard abs(row - 100) > 6 || abs(column - 170) > 9 else { return 0 }
            return UInt16(200 + 2 * column + row + pixel * 7919 % 503)
        }
        return TestCube.Scene(time: "2017-03-01T17:20:00Z", grid: grid, red: red, nir: red, qa: red.map { _ in 4 })
    }

    private func export(
        _ cube: TestCube,
        _ name: String,
        _ resampling: Resampling,
        crs: String = "EPSG:6372",
        size: Double,
        _ options: RunOptions
    ) async throws -> (pixels: [UInt16], grid: GeoBox, blocks: [Int]) {
        let path = cube.folder.path(name)
        var export = Export(
            product: "scenes",
            bands: ["red"],
            time: nil,
            region: nil,
            target: MosaicTarget(path: path),
            software: "antares test"
        )
        export.resampling = ResamplingChoice(resampling)
        export.gridding = GridOptions(crs: CRS(crs), resolution: XY(x: size, y: -size))
        let made = try await export.run(on: cube.index, options: options, log: Logger(label: "t")) { _, _ in }
        let file = try RasterFile(opening: path)
        let box = file.geoBox
        return (try file.read(UInt16.self, band: 1), try #require(box), made.blockShape)
    }

    /// One block, and many that are as small as they become.
    @Test(arguments: Resampling.allCases) func `a pixel is the same whatever block it is computed in`(
        resampling: Resampling
    ) async throws {
        let cube = try await TestCube()
        try await cube.add(scene())
        for size in [19.3, 47] {
            let whole = try await export(cube, "one.tif", resampling, size: size, RunOptions(jobs: 1, memory: 1 << 30))
            let parts = try await export(cube, "many.tif", resampling, size: size, RunOptions(jobs: 2, memory: 200_000))
            #expect(whole.blocks[0] >= whole.grid.width && whole.blocks[1] >= whole.grid.height, "\(whole.blocks)")
            #expect(parts.blocks[0] <= 72 && parts.blocks[1] <= 72, "\(parts.blocks)")
            let pairs = zip(whole.pixels, parts.pixels).filter { $0 != $1 }.map { (Double($0), Double($1)) }
            if resampling == .sum {
                // GDAL cuts pixels along edges that nearly meet: in single rows of some windows its sums are a hundredth off.
                #expect(pairs.count * 200 < whole.pixels.count && pairs.allSatisfy { abs($0 - $1) < 2 + 0.03 * $0 })
            } else {
                #expect(pairs.isEmpty, "\(resampling.name) \(size): \(pairs.count)")
            }
            #expect(whole.pixels.count { $0 != 0 } > 8000)
            for name in ["one.tif", "many.tif"] { try FileManager.default.removeItem(atPath: cube.folder.path(name)) }
        }
    }

    /// Expected pixels come from gdalwarp.
    ///
    /// It is told how many pixels of the source one of the target spans: in the middle of the scene, as gdaltransform says. A
    /// rounding may fall on either side.
    @Test(
        .enabled(
            if: isInstalled("gdalwarp") && isInstalled("gdaltransform"),
            "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED"
        ),
        arguments: Resampling.allCases
    )
    func `pixels are those of gdalwarp with exact positions`(resampling: Resampling) async throws {
        let cube = try await TestCube()
        let scene = scene()
        try await cube.add(scene)
        // GDAL 3.6's Lanczos displaces what it reduces: below.
        for size in resampling == .lanczos ? [19.3] : [19.3, 47] {
            let made = try await export(cube, "\(size).tif", resampling, size: size, RunOptions(jobs: 1))
            let span = try span(of: scene.grid, size: size)
            let (b, out) = (made.grid.bounds, cube.folder.path("gdal\(size).tif"))
            let result = try run(
                "gdalwarp",
                [
                    "-q", "-t_srs", "EPSG:6372", "-r", resampling.rawValue, "-et", "0", "-srcnodata", "0", "-dstnodata",
                    "0",
                ]
                    + ["-wo", "XSCALE=\(1 / span.x)", "-wo", "YSCALE=\(1 / span.y)"]
                    + ["-te", "\(b.left)", "\(b.bottom)", "\(b.right)", "\(b.top)", "-tr", "\(size)", "\(size)"]
                    + [cube.folder.path("\(scene.id.uuidString)_red.tif"), out]
            )
            #expect(result.status == 0, "\(result.errors)")
            let theirs = try RasterFile(opening: out).read(UInt16.self, band: 1)
            let off = zip(made.pixels, theirs).map { abs(Int($0) - Int($1)) }
            #expect(off.count { $0 > 0 } * 1000 < off.count && off.max() ?? 9 <= 2, "\(resampling.name) \(size)")
            #expect(zip(made.pixels, theirs).allSatisfy { ($0 == 0) == ($1 == 0) }, "\(resampling.name) \(size)")
        }
    }

    /// Expected pixels come from Pillow.
    @Test(.enabled(if: TestImage.isAvailable), arguments: [30.0, 47])
    func `pixels reduced by Lanczos' kernel lie where they belong`(size: Double) async throws {
        let cube = try await TestCube()
        var scene = scene()
        // Without a hole, which Pillow does not know.
        scene.red = scene.red.map { max($0, 700) }
        try await cube.add(scene)
        let made = try await export(cube, "a.tif", .lanczos, crs: "EPSG:32613", size: size, RunOptions(jobs: 1))
        // Target pixels within the scene, and the part of it under them in its pixels.
        let (b, grid) = (made.grid.bounds, scene.grid)
        let left = Int(((grid.bounds.left - b.left) / size).rounded(.up))
        let top = Int(((b.top - grid.bounds.top) / size).rounded(.up))
        let (columns, rows) = (made.grid.width - left - 1, made.grid.height - top - 1)
        let x = (b.left + Double(left) * size - grid.bounds.left) / 20
        let y = (grid.bounds.top - b.top + Double(top) * size) / 20
        let box = [x, y, x + Double(columns) * size / 20, y + Double(rows) * size / 20].map { "\($0)" }
        let (source, result) = (cube.folder.path("source"), cube.folder.path("result"))
        try scene.red.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: source)) }
        let python = try TestImage.run(
            file: pythonFile("lanczos.py"),
            [source, "\(grid.width)"] + box + ["\(columns)", "\(rows)", result]
        )
        #expect(python.status == 0, "\(python.errors)")
        let expected = try Data(contentsOf: URL(fileURLWithPath: result)).withUnsafeBytes { bytes in
            (0..<columns * rows).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
        let off = expected.indices.map { pixel in
            let at = (top + pixel / columns) * made.grid.width + left + pixel % columns
            return abs(Double(made.pixels[at]) - expected[pixel])
        }
        #expect(off.count > 5000 && off.max() ?? 9 < 0.51, "\(off.max() ?? 9)")
    }

    /// Columns and rows of a grid that a pixel of EPSG:6372 spans in its middle, by gdaltransform.
    private func span(of grid: GeoBox, size: Double) throws -> XY<Double> {
        let centre = Point(x: (grid.bounds.left + grid.bounds.right) / 2, y: (grid.bounds.bottom + grid.bounds.top) / 2)
        func carry(_ points: [Point], _ from: String, _ to: String) throws -> [Point] {
            let text = points.map { "\($0.x) \($0.y)" }.joined(separator: "\n")
            let file = try TemporaryFolder()
            let path = try file.write(text + "\n", to: "points")
            let found = try run("/bin/sh", ["-c", "gdaltransform -s_srs \(from) -t_srs \(to) < \(path)"])
            return found.output.split(separator: "\n").map { line in
                let numbers = line.split(separator: " ").compactMap { Double($0) }
                return Point(x: numbers[0], y: numbers[1])
            }
        }
        let at = try carry([centre], "EPSG:32613", "EPSG:6372")[0]
        let moved = [at, Point(x: at.x + size, y: at.y), Point(x: at.x, y: at.y - size)]
        let there = try carry(moved, "EPSG:6372", "EPSG:32613")
        let x = hypot(there[1].x - there[0].x, there[2].x - there[0].x) / 20
        let y = hypot(there[1].y - there[0].y, there[2].y - there[0].y) / 20
        return XY(x: x < 1.05 ? 1 : x, y: y < 1.05 ? 1 : y)
    }
}
