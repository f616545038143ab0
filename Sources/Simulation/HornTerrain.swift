import Foundation

/// Slope and aspect of an elevation grid from 3 x 3 pixels, as the program `gdaldem` computes them.
///
/// Source: Horn (1981), Hill shading and the reflectance map, equations for the partial derivatives.
public enum HornTerrain {
    /// Stands for pixels without an answer: the outermost ones, and for the aspect also level ground.
    public static let nodata: Float = -9999

    /// - Parameters:
    ///   - elevation: Row-major, `width · height` values in metres, rows from north to south.
    ///   - width: Columns.
    ///   - height: Rows.
    ///   - pixelSize: Width and height of a pixel in metres.
    /// - Returns: Slope in degrees (0...90), and aspect in degrees clockwise from north (0..<360), the direction in
    ///   which the slope falls.
    public static func slopeAndAspect(
        _ elevation: [Int16],
        width: Int,
        height: Int,
        pixelSize: Double
    ) -> (slope: [Float], aspect: [Float]) {
        var slope = [Float](repeating: nodata, count: width * height)
        var aspect = slope
        guard width > 2, height > 2 else { return (slope, aspect) }
        for row in 1..<(height - 1) {
            for column in 1..<(width - 1) {
                let index = row * width + column
                func z(_ dx: Int, _ dy: Int) -> Double { Double(elevation[index + dy * width + dx]) }
                let east = z(1, -1) + 2 * z(1, 0) + z(1, 1)
                let west = z(-1, -1) + 2 * z(-1, 0) + z(-1, 1)
                let south = z(-1, 1) + 2 * z(0, 1) + z(1, 1)
                let north = z(-1, -1) + 2 * z(0, -1) + z(1, -1)
                let (dx, dy) = (east - west, south - north)
                slope[index] = Float(atan((dx * dx + dy * dy).squareRoot() / (8 * pixelSize)) * 180 / .pi)
                guard dx != 0 || dy != 0 else { continue }
                let degrees = atan2(dy, -dx) * 180 / .pi
                let clockwise = degrees > 90 ? 450 - degrees : 90 - degrees
                aspect[index] = Float(clockwise == 360 ? 0 : clockwise)
            }
        }
        return (slope, aspect)
    }
}
