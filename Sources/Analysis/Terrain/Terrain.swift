import Foundation
public import Geo

/// What the shape of the ground says, from elevations over a grid along the axes; NaN at the edge and beside nodata.
///
/// Sources: Horn (1981) for gradients; Riley et al. (1999) for the ruggedness index; GDAL's `gdaldem` for all definitions.
public struct Terrain: Sendable {
    private let width: Int
    private let height: Int
    private let elevation: [Float]
    private let cell: XY<Double>

    /// - Parameters:
    ///   - elevation: In metres, row by row, the northernmost row first; NaN for nodata.
    ///   - width: Pixels of a row.
    ///   - height: Rows.
    ///   - cell: Width and height of a pixel in metres.
    public init(elevation: [Float], width: Int, height: Int, cell: XY<Double>) {
        precondition(elevation.count == width * height)
        (self.elevation, self.width, self.height) = (elevation, width, height)
        self.cell = XY(x: abs(cell.x), y: abs(cell.y))
    }

    /// Degrees from the horizontal.
    public func slope() -> [Float] { gradients { x, y in Float(atan((x * x + y * y).squareRoot()) * 180 / .pi) } }

    /// Where the slope faces, in degrees clockwise from north; NaN where the ground is flat.
    public func aspect() -> [Float] { gradients { x, y in Self.aspect(x, y).map { Float($0 * 180 / .pi) } ?? .nan } }

    /// The cosine of the aspect: 1 facing north, -1 facing south; 0 where the ground is flat.
    public func northness() -> [Float] { gradients { x, y in Self.aspect(x, y).map { Float(cos($0)) } ?? 0 } }

    /// The sine of the aspect: 1 facing east, -1 facing west; 0 where the ground is flat.
    public func eastness() -> [Float] { gradients { x, y in Self.aspect(x, y).map { Float(sin($0)) } ?? 0 } }

    /// The cosine of the angle between the sun and the ground's normal, 0 for ground in its own shade.
    ///
    /// - Parameters:
    ///   - zenith: Of the sun, in degrees.
    ///   - azimuth: Of the sun, in degrees clockwise from north.
    /// - Returns: 0 to 1.
    public func illumination(zenith: Double, azimuth: Double) -> [Float] {
        let (z, a) = (zenith * .pi / 180, azimuth * .pi / 180)
        return gradients { x, y in
            // The normal is (-x, -y, 1), the sun (sin z sin a, sin z cos a, cos z).
            let dot = -x * sin(z) * sin(a) - y * sin(z) * cos(a) + cos(z)
            return Float(max(0, dot / (1 + x * x + y * y).squareRoot()))
        }
    }

    /// The largest difference within the 3 x 3 pixels.
    public func roughness() -> [Float] {
        around { pixels in
            var (low, high) = (pixels[0], pixels[0])
            for index in 0..<9 { (low, high) = (min(low, pixels[index]), max(high, pixels[index])) }
            return high - low
        }
    }

    /// The root of the sum of squared differences to the eight neighbours (Riley).
    public func ruggedness() -> [Float] {
        around { pixels in
            var sum: Float = 0
            for index in 0..<9 { sum += (pixels[index] - pixels[4]) * (pixels[index] - pixels[4]) }
            return sum.squareRoot()
        }
    }

    /// The difference to the mean of the eight neighbours.
    public func position() -> [Float] {
        around { pixels in
            var sum: Float = 0
            for index in 0..<9 { sum += pixels[index] }
            return pixels[4] - (sum - pixels[4]) / 8
        }
    }

    private static func aspect(_ x: Double, _ y: Double) -> Double? {
        if x == 0, y == 0 { return nil }
        let angle = atan2(-x, -y)
        return angle < 0 ? angle + 2 * .pi : angle
    }

    /// Of the rise to the east and to the north, per metre.
    private func gradients(_ body: (Double, Double) -> Float) -> [Float] {
        let (cell, scale) = (cell, 8.0)
        return around { p in
            let east = Double((p[2] + 2 * p[5] + p[8]) - (p[0] + 2 * p[3] + p[6])) / (scale * cell.x)
            let north = Double((p[0] + 2 * p[1] + p[2]) - (p[6] + 2 * p[7] + p[8])) / (scale * cell.y)
            return body(east, north)
        }
    }

    /// `body` over the nine pixels around each, row by row.
    private func around(_ body: (UnsafePointer<Float>) -> Float) -> [Float] {
        var result = [Float](repeating: .nan, count: elevation.count)
        guard width > 2, height > 2 else { return result }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 9) { pixels in
            guard let base = pixels.baseAddress else { return }
            for row in 1..<height - 1 {
                for column in 1..<width - 1 {
                    var sum: Float = 0
                    for index in 0..<9 {
                        let pixel = elevation[(row + index / 3 - 1) * width + column + index % 3 - 1]
                        base[index] = pixel
                        sum += pixel
                    }
                    if !sum.isNaN { result[row * width + column] = body(base) }
                }
            }
        }
        return result
    }
}
