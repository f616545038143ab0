import Geo
import Raster

/// Writes the mosaic that the dataset `srtm_cgiar` reads: elevation, slope and aspect at 3 arc-seconds.
enum ElevationWriter {
    /// Pixels to a degree.
    static let density = 1200.0
    /// Metres to a degree, as `gdaldem slope -s 111120` takes them.
    static let metresPerDegree = 111_120.0

    /// Writes `srtm_mosaic.tif`, `slope_mosaic.tif` and `aspect_mosaic.tif`, reaching 0.02° beyond the tiles.
    static func write(_ landscape: Landscape, tiles: [SimulatedTile], to folder: String) throws {
        guard let first = tiles.first else { return }
        let toDegrees = try CoordinateTransform(from: first.crs, to: .wgs84)
        let boxes = tiles.compactMap { toDegrees.apply($0.bounds) }
        guard let area = boxes.dropFirst().reduce(boxes.first, { $0?.union($1) }) else { return }
        let left = ((area.left - 0.02) * density).rounded(.down) / density
        let top = ((area.top + 0.02) * density).rounded(.up) / density
        let grid = GeoBox(
            crs: .wgs84,
            affine: Affine(origin: Point(x: left, y: top), resolution: XY(x: 1 / density, y: -1 / density)),
            width: Int(((area.right + 0.02 - left) * density).rounded(.up)),
            height: Int(((top - area.bottom + 0.02) * density).rounded(.up))
        )
        let toGround = try CoordinateTransform(from: .wgs84, to: first.crs)
        let (xs, ys) = (grid.xCoordinates, grid.yCoordinates)
        var elevation: [Int16] = []
        elevation.reserveCapacity(grid.pixelCount)
        for y in ys {
            for place in toGround.apply(xs.map { Point(x: $0, y: y) }) {
                let world = Point(x: place.x, y: place.y + first.northingOffset)
                elevation.append(Int16(min(max(landscape.elevation(at: world).rounded(), -500), 9000)))
            }
        }
        let (slope, aspect) = HornTerrain.slopeAndAspect(
            elevation,
            width: grid.width,
            height: grid.height,
            pixelSize: metresPerDegree / density
        )
        try RasterOutput.write(
            bands: [elevation],
            on: grid,
            to: "\(folder)/srtm_mosaic.tif",
            format: .geoTIFF,
            nodata: -32768
        )
        let missing = Double(HornTerrain.nodata)
        try RasterOutput.write(
            bands: [slope],
            on: grid,
            to: "\(folder)/slope_mosaic.tif",
            format: .geoTIFF,
            nodata: missing
        )
        try RasterOutput.write(
            bands: [aspect],
            on: grid,
            to: "\(folder)/aspect_mosaic.tif",
            format: .geoTIFF,
            nodata: missing
        )
    }
}
