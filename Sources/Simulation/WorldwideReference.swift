import Foundation
public import Geo

/// Landsat's Worldwide Reference System 2, from the geometry of the orbit: 233 paths, 248 rows, descending.
public enum WorldwideReference {
    /// The middle of a scene in degrees, to about 0.1°.
    public static func center(path: Int, row: Int) -> Point {
        let along = Double(60 - row) * 360 / 248 * .pi / 180
        let inclination = 81.8 * Double.pi / 180
        let node = -64.6 - 360.0 / 233 * Double(path - 1)
        let turned = atan2(cos(inclination) * sin(along), cos(along)) * 180 / .pi
        // The Earth turns by 0.0687° while the satellite moves on by 1°.
        let longitude = node + turned + 0.0687 * along * 180 / .pi
        let wrapped = (longitude + 540).truncatingRemainder(dividingBy: 360)
        return Point(
            x: (wrapped < 0 ? wrapped + 360 : wrapped) - 180,
            y: asin(sin(along) * sin(inclination)) * 180 / .pi
        )
    }

    /// The descending scene whose middle lies nearest to a place in degrees.
    public static func scene(nearest place: Point) -> (path: Int, row: Int) {
        var best = (path: 1, row: 1, distance: Double.infinity)
        for row in 1...122 {
            for path in 1...233 {
                let middle = center(path: path, row: row)
                var dx = abs(middle.x - place.x)
                if dx > 180 { dx = 360 - dx }
                dx *= cos(place.y * .pi / 180)
                let distance = dx * dx + (middle.y - place.y) * (middle.y - place.y)
                if distance < best.distance { best = (path, row, distance) }
            }
        }
        return (best.path, best.row)
    }
}
