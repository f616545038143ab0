public import Geo
import Raster

/// One tile of a simulation: its name and its place on the grid of its sensor.
public struct SimulatedTile: Sendable, Hashable {
    /// `13QFC` for Sentinel-2, `029046` (path and row) for Landsat.
    public let name: String
    public let zone: UTMZone
    public let crs: CRS
    /// In the tile's CRS.
    public let bounds: BoundingBox
    /// The tile's middle in degrees.
    public let center: Point
    /// What is added to the CRS's northings so that they count from the equator; the landscape lives there.
    public let northingOffset: Double
    /// East of this line (in the tile's CRS) there are data; nil where the whole tile has them.
    public let swathEdge: Double?

    /// The tile's grid for pixels of a size in metres.
    public func geoBox(resolution: Double) -> GeoBox {
        GeoBox(
            crs: crs,
            affine: Affine(origin: Point(x: bounds.left, y: bounds.top), resolution: XY(x: resolution, y: -resolution)),
            width: Int((bounds.width / resolution).rounded()),
            height: Int((bounds.height / resolution).rounded())
        )
    }
}

/// Lays out the tiles of a plan.
enum TileLayout {
    static func tiles(of plan: SimulationPlan) throws -> [SimulatedTile] {
        let zone = UTMZone(longitude: plan.center.x, latitude: plan.center.y)
        let crs = plan.sensor == .sentinel2 ? zone.crs : zone.northernCRS
        let offset = plan.sensor == .sentinel2 ? -zone.falseNorthing : 0
        let toGround = try CoordinateTransform(from: .wgs84, to: crs)
        let toDegrees = try CoordinateTransform(from: crs, to: .wgs84)
        guard let middle = toGround.apply([plan.center]).first else { return [] }
        let world = Point(x: middle.x, y: middle.y + offset)
        let places = plan.sensor == .sentinel2 ? sentinelTiles(plan, zone, world) : landsatTiles(plan, world)
        return places.enumerated().map { index, place in
            var bounds = place.bounds
            (bounds.bottom, bounds.top) = (bounds.bottom - offset, bounds.top - offset)
            return SimulatedTile(
                name: place.name,
                zone: zone,
                crs: crs,
                bounds: bounds,
                center: toDegrees.apply([bounds.center]).first ?? plan.center,
                northingOffset: offset,
                swathEdge: index == 0 && plan.emptyEdge > 0 ? bounds.left + plan.emptyEdge * bounds.width : nil
            )
        }
    }

    /// Lays tiles out as on the grid of Sentinel-2.
    ///
    /// Corners lie at multiples of 60 m from the equator, the size is 1.098 times the distance. Tiles of the true size lie where the true tiles lie; smaller ones are named as if each were
    /// a square of its own.
    private static func sentinelTiles(
        _ plan: SimulationPlan,
        _ zone: UTMZone,
        _ middle: Point
    ) -> [(name: String, bounds: BoundingBox)] {
        let size = max((plan.tileSize / 60).rounded(), 1) * 60
        let pitch = max((size / 1.098 / 60).rounded(), 1) * 60
        let isTrueSize = size == 109_800
        let square = XY(x: Int((middle.x / 100_000).rounded(.down)), y: Int((middle.y / 100_000).rounded(.down)))
        let band = UTMZone.band(latitude: plan.center.y)
        let (columns, rows) = shape(plan.tileCount)
        return (0..<plan.tileCount).map { index in
            let (column, row) = (index % columns, index / columns)
            let name = zone.square(column: square.x + column, row: square.y - row)
            var corner = Point(
                x: middle.x - (Double(columns - 1) * pitch + size) / 2 + Double(column) * pitch,
                y: middle.y + (Double(rows - 1) * pitch + size) / 2 - Double(row) * pitch
            )
            if isTrueSize {
                corner = Point(x: Double(square.x + column) * 100_000, y: Double(square.y - row + 1) * 100_000)
            }
            let left = (corner.x / 60).rounded(.down) * 60
            let top = (corner.y / 60).rounded(.up) * 60
            let bounds = BoundingBox(left: left, bottom: top - size, right: left + size, top: top)
            return (String(format2(zone.number)) + String(band) + name, bounds)
        }
    }

    /// Consecutive rows of a path, from north to south; pixel centres lie at multiples of 30 m.
    private static func landsatTiles(_ plan: SimulationPlan, _ middle: Point) -> [(name: String, bounds: BoundingBox)] {
        let size = max((plan.tileSize / 30).rounded(), 1) * 30
        let pitch = max((size * 0.9 / 30).rounded(), 1) * 30
        let scene = WorldwideReference.scene(nearest: plan.center)
        let left = ((middle.x - size / 2) / 30).rounded(.down) * 30 - 15
        let first = middle.y + (Double(plan.tileCount - 1) * pitch + size) / 2
        return (0..<plan.tileCount).map { index in
            let top = (first / 30).rounded(.up) * 30 + 15 - Double(index) * pitch
            let bounds = BoundingBox(left: left, bottom: top - size, right: left + size, top: top)
            return (format3(scene.path) + format3(scene.row + index), bounds)
        }
    }

    /// Two tiles lie side by side, more in a block.
    private static func shape(_ count: Int) -> (columns: Int, rows: Int) {
        let columns = Int(Double(count).squareRoot().rounded(.up))
        return (columns, (count + columns - 1) / columns)
    }

    private static func format2(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private static func format3(_ number: Int) -> String { number < 100 ? "0" + format2(number) : "\(number)" }
}
