/// Smooth noise over the plane: random values on a lattice with quintic interpolation, summed over octaves.
public struct ValueNoise: Sendable {
    private let hash: SeededHash

    public init(_ hash: SeededHash) { self.hash = hash }

    /// One octave with lattice spacing 1, in 0...1.
    @inline(__always)
    public func value(_ x: Double, _ y: Double) -> Double {
        let (fx, fy) = (x.rounded(.down), y.rounded(.down))
        let (ix, iy) = (Int(fx), Int(fy))
        let (tx, ty) = (Self.fade(x - fx), Self.fade(y - fy))
        let top = hash.unit(ix, iy) * (1 - tx) + hash.unit(ix + 1, iy) * tx
        let bottom = hash.unit(ix, iy + 1) * (1 - tx) + hash.unit(ix + 1, iy + 1) * tx
        return top * (1 - ty) + bottom * ty
    }

    /// Octaves of halving wavelength, in 0...1 with mean 0.5; each is turned against the last to hide the lattice.
    ///
    /// - Parameters:
    ///   - x: Position in metres, to the east.
    ///   - y: Position in metres, to the north.
    ///   - wavelength: Lattice spacing of the first octave in metres.
    ///   - octaves: How many, at least 1.
    ///   - gain: Amplitude of each octave relative to the one before.
    /// - Returns: The sum, divided by the sum of the amplitudes.
    @inline(__always)
    public func fractal(_ x: Double, _ y: Double, wavelength: Double, octaves: Int, gain: Double = 0.5) -> Double {
        var (px, py) = (x / wavelength, y / wavelength)
        var (sum, amplitude, total) = (0.0, 1.0, 0.0)
        for octave in 0..<octaves {
            sum += amplitude * value(px + 17.3 * Double(octave), py - 9.1 * Double(octave))
            total += amplitude
            amplitude *= gain
            (px, py) = (2 * (0.8 * px - 0.6 * py), 2 * (0.6 * px + 0.8 * py))
        }
        return sum / total
    }

    @inline(__always)
    private static func fade(_ t: Double) -> Double { t * t * t * (t * (t * 6 - 15) + 10) }
}

/// 0 below `from`, 1 above `to`, smooth between.
@inline(__always)
func smoothstep(_ from: Double, _ to: Double, _ value: Double) -> Double {
    let t = min(max((value - from) / (to - from), 0), 1)
    return t * t * (3 - 2 * t)
}
