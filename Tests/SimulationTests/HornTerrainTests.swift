import Foundation
import Geo
import Raster
import TestSupport
import Testing

@testable import Simulation

@Suite struct HornTerrainTests {
    @Test func `slope and aspect equal those of gdaldem`() throws {
        let folder = try TemporaryFolder()
        let landscape = Landscape(seed: 3)
        let (width, height) = (40, 30)
        let grid = GeoBox(
            crs: .wgs84,
            affine: Affine(origin: Point(x: -103.4, y: 20.6), resolution: XY(x: 1.0 / 1200, y: -1.0 / 1200)),
            width: width,
            height: height
        )
        let elevation = (0..<width * height).map { index in
            let place = Point(x: 92 * Double(index % width), y: -92 * Double(index / width))
            return Int16(landscape.elevation(at: place).rounded())
        }
        let source = "\(folder.path)/dem.tif"
        try RasterOutput.write(bands: [elevation], on: grid, to: source, format: .geoTIFF, nodata: -32768)
        for arguments in [
            ["slope", source, folder.path("slope.tif"), "-s", "111120"], ["aspect", source, folder.path("aspect.tif")],
        ] {
            let result = try run("gdaldem", arguments)
            try #require(result.status == 0, "\(result.errors)")
        }
        let expectedSlope = try RasterFile(opening: folder.path("slope.tif")).read(Float.self, band: 1)
        let expectedAspect = try RasterFile(opening: folder.path("aspect.tif")).read(Float.self, band: 1)
        let (slope, aspect) = HornTerrain.slopeAndAspect(
            elevation,
            width: width,
            height: height,
            pixelSize: 111_120 / 1200
        )
        #expect(zip(slope, expectedSlope).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(zip(aspect, expectedAspect).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(slope.contains { $0 > 5 })
        #expect(slope.filter { $0 == HornTerrain.nodata }.count == 2 * (width + height) - 4)
    }
}
