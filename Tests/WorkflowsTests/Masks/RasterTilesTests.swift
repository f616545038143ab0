import Foundation
import Geo
import Raster
import TestSupport
import Testing

@testable import Workflows

@Suite struct RasterTilesTests {
    /// A triangle and a square with codes, in longitude and latitude.
    private static let geojson = """
        {"type": "FeatureCollection", "features": [
         {"type": "Feature", "properties": {"code": 7, "name": "a"}, "geometry": {"type": "Polygon",
          "coordinates": [[[-103.9, 20.1], [-103.1, 20.3], [-103.5, 20.9], [-103.9, 20.1]]]}},
         {"type": "Feature", "properties": {"code": 11, "name": "b"}, "geometry": {"type": "Polygon",
          "coordinates": [[[-103.4, 20.4], [-103.0, 20.4], [-103.0, 20.8], [-103.4, 20.8], [-103.4, 20.4]]]}}]}
        """

    private func pixels(_ path: String) throws -> (pixels: [UInt8], grid: GeoBox) {
        let file = try RasterFile(opening: path)
        guard let grid = file.geoBox else { throw WorkflowError(.noInput, "no grid") }
        return (try file.read(band: 1), grid)
    }

    @Test func `tiles put together are what gdal_rasterize makes`() throws {
        let folder = try TemporaryFolder()
        let vector = try folder.write(Self.geojson, to: "zones.geojson")
        let shapes = try RasterTiles.shapes(of: vector, field: "code")
        let extent = try #require(RasterTiles.extent(of: shapes))
        let layout = RasterTiles.Layout.extent(extent, crs: .wgs84, resolution: 0.01, pixels: 40)
        let tiles = try RasterTiles(shapes: shapes, layout: layout, folder: folder.path("tiles"), prefix: "z").write()
        // 0.9 x 0.8 degrees are 90 x 80 pixels: three columns and two rows of tiles.
        #expect(tiles.map(\.width) == [40, 40, 10, 40, 40, 10])
        #expect(tiles.map { URL(fileURLWithPath: $0.path).lastPathComponent }[5] == "z_5.tif")
        let whole = folder.path("whole.tif")
        let made = try run(
            "gdal_rasterize",
            [
                "-a", "code", "-tr", "0.01", "0.01", "-te", "-103.9", "20.1", "-103.0", "20.9", "-ot", "Byte", vector,
                whole,
            ]
        )
        #expect(made.status == 0, "\(made.errors)")
        let (expected, grid) = try pixels(whole)
        var found = [UInt8](repeating: 255, count: expected.count)
        for tile in tiles {
            let (part, own) = try pixels(tile.path)
            let column = Int(((own.affine.c - grid.affine.c) / 0.01).rounded())
            let row = Int(((grid.affine.f - own.affine.f) / 0.01).rounded())
            for y in 0..<own.height {
                for x in 0..<own.width { found[(row + y) * grid.width + column + x] = part[y * own.width + x] }
            }
        }
        #expect(found == expected)
        #expect(Set(expected) == [0, 7, 11])
    }

    @Test func `tiles along a product's grid are its cells`() throws {
        let folder = try TemporaryFolder()
        let vector = try folder.write(Self.geojson, to: "zones.geojson")
        let spec = GridSpec(
            crs: CRS("EPSG:6372"),
            tileSize: XY(x: 100_080, y: 100_080),
            resolution: XY(x: 90, y: -90)
        )
        let shapes = try RasterTiles.shapes(of: vector, field: nil)
        let extent = try #require(RasterTiles.extent(of: shapes))
        let tiles = try RasterTiles(
            shapes: shapes,
            layout: .product(spec, extent),
            folder: folder.path("tiles"),
            prefix: "m"
        ).write()
        #expect(!tiles.isEmpty)
        for tile in tiles {
            let (part, grid) = try pixels(tile.path)
            #expect(grid.width == 1112)
            let index = try #require(spec.index(ofCellWith: grid.bounds))
            #expect(grid.affine == spec.geoBox(of: index).affine)
            #expect(Set(part).isSubset(of: [0, 1]))
        }
        // gdal_rasterize -burn 1 -tr 90 90 of the reprojected file (ogr2ogr -segmentize 0.1) covers 5 033.5 km² of cells;
        // pixel by pixel the edges may fall on either side.
        let covered = Double(tiles.map(\.covered).reduce(0, +)) * 0.0081
        let reference = try Self.area(vector, folder)
        #expect(abs(covered - reference) < reference * 0.001)
    }

    /// The area in km² by GDAL's own tools.
    private static func area(_ vector: String, _ folder: TemporaryFolder) throws -> Double {
        let (moved, whole) = (folder.path("moved.gpkg"), folder.path("moved.tif"))
        _ = try run("ogr2ogr", ["-segmentize", "0.1", "-t_srs", "EPSG:6372", moved, vector])
        _ = try run("gdal_rasterize", ["-burn", "1", "-tr", "90", "90", "-tap", "-ot", "Byte", moved, whole])
        let file = try RasterFile(opening: whole)
        let pixels: [UInt8] = try file.read(band: 1)
        return Double(pixels.count { $0 == 1 }) * 0.0081
    }

    @Test func `fields that are not there, or hold no numbers, are named`() throws {
        let folder = try TemporaryFolder()
        let vector = try folder.write(Self.geojson, to: "zones.geojson")
        var error = #expect(throws: WorkflowError.self) { try RasterTiles.shapes(of: vector, field: "kode") }
        #expect(error?.description.contains("has no field 'kode'. There are: code, name.") == true)
        error = #expect(throws: WorkflowError.self) { try RasterTiles.shapes(of: vector, field: "name") }
        #expect(error?.description.contains("has 'a' in the field 'name' where a whole number is needed") == true)
    }
}
