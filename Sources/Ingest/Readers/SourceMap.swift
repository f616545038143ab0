import Geo
import Raster

/// Which source pixels lie around the centre of each pixel of a target block.
///
/// Made once for a source grid and a block, and used for every band and date that share them. Points of a lattice are
/// carried over exactly and those between are interpolated, where that is off by less than a hundredth of a pixel
/// (checked at the middle of each lattice cell); otherwise every pixel is carried over exactly.
struct SourceMap {
    /// The part of the source that is needed, nil where the grids do not meet; for bilinear it may stick out by a pixel.
    let frame: PixelWindow?
    /// For each pixel of the target, where in the frame its source pixel is, row-major; -1 outside of the source.
    ///
    /// For bilinear it is the upper left one of four.
    private let indices: [Int32]
    /// How far right and below of that pixel's centre, 0 to 1; for bilinear only.
    private let fractions: [SIMD2<Float>]

    /// - `transform`: From the target's CRS to the source's.
    /// - `isBilinear`: Keeps the four neighbours of each pixel.
    init(from source: GeoBox, to target: GeoBox, transform: borrowing CoordinateTransform, isBilinear: Bool) {
        guard let toPixel = source.affine.inverse else {
            (frame, indices, fractions) = (nil, [], [])
            return
        }
        let lattice = Lattice(source: toPixel, target: target, transform: transform)
        var places = [SIMD2<Int32>](repeating: SIMD2(repeating: .min), count: target.pixelCount)
        var fractions = [SIMD2<Float>](repeating: .zero, count: isBilinear ? target.pixelCount : 0)
        var (first, last) = (SIMD2<Int32>(repeating: .max), SIMD2<Int32>(repeating: .min))
        let (width, height) = (Double(source.width), Double(source.height))
        // A centre on the edge of two pixels belongs to the one behind it, whatever rounding makes of it.
        let tie = isBilinear ? 0 : 1e-6
        lattice.forEach { pixel, column, row in
            let (column, row) = (column + tie, row + tie)
            guard column >= 0, row >= 0, column < width, row < height else { return }
            var place = SIMD2(Int32(column), Int32(row))
            if isBilinear {
                let (x, y) = (column - 0.5, row - 0.5)
                place = SIMD2(Int32(x.rounded(.down)), Int32(y.rounded(.down)))
                fractions[pixel] = SIMD2(Float(x - Double(place.x)), Float(y - Double(place.y)))
            }
            places[pixel] = place
            first = pointwiseMin(first, place)
            last = pointwiseMax(last, place)
        }
        guard last.x >= first.x else {
            (frame, indices, self.fractions) = (nil, [], [])
            return
        }
        if isBilinear { last &+= 1 }
        let span = last.x - first.x + 1
        frame = PixelWindow(
            column: Int(first.x),
            row: Int(first.y),
            width: Int(span),
            height: Int(last.y - first.y + 1)
        )
        indices = places.map { $0.x == .min ? -1 : ($0.y - first.y) * span + $0.x - first.x }
        self.fractions = fractions
    }

    /// Bytes that the map takes.
    var byteCount: Int { 4 * indices.count + 8 * fractions.count }

    /// Takes the nearest source pixel of each target pixel.
    ///
    /// - Parameters:
    ///   - pixels: Those of the frame.
    ///   - target: As many pixels as the target has; those without a source pixel, and those not wanted, stay as they
    ///     are.
    ///   - wanted: Nil for all.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func gather<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        into target: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?
    ) {
        guard let from = pixels.baseAddress, let to = target.baseAddress else { return }
        indices.withUnsafeBufferPointer { indices in
            if let wanted = wanted?.pixels {
                for pixel in 0..<indices.count where indices[pixel] >= 0 && wanted[pixel] {
                    to[pixel] = from[Int(indices[pixel])]
                }
            } else {
                for pixel in 0..<indices.count where indices[pixel] >= 0 { to[pixel] = from[Int(indices[pixel])] }
            }
        }
    }

    /// Mixes the four source pixels around each target pixel; missing ones take no part.
    ///
    /// As GDAL's warper: no value where the pixel that the point lies in has none, shares of the valid neighbours are
    /// scaled to 1, whole numbers are rounded half up, and a mixture that would come to lie on the mark of missing pixels
    /// becomes the number beside it.
    ///
    /// - Parameters:
    ///   - pixels: Those of the frame.
    ///   - target: As many pixels as the target has; those without a valid source pixel, and those not wanted, stay as
    ///     they are.
    ///   - wanted: Nil for all.
    ///   - missing: Marks missing pixels in both.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func mix<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        into target: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?,
        missing: Element
    ) {
        guard let width = frame?.width, let from = pixels.baseAddress, let to = target.baseAddress else { return }
        let mark = missing.real
        let beside = Element(nearest: mark <= Element.pixelType.range.lowerBound ? mark + 1 : mark - 1)
        let run = BilinearRun(missing: missing, beside: beside)
        indices.withUnsafeBufferPointer { indices in
            fractions.withUnsafeBufferPointer { fractions in
                for first in stride(from: 0, to: indices.count, by: BilinearRun<Element>.length) {
                    let count = min(BilinearRun<Element>.length, indices.count - first)
                    var isEmpty = true
                    for lane in 0..<count {
                        let corner = Int(indices[first + lane])
                        guard corner >= 0, wanted?.pixels[first + lane] ?? true else {
                            run.leaveOut(lane)
                            continue
                        }
                        isEmpty = false
                        run.load(lane, from + corner, below: width, fractions[first + lane])
                    }
                    if !isEmpty { run.mix(into: to + first, count: count) }
                }
            }
        }
    }
}

/// Some neighbouring pixels of a target with the four source pixels around each, which are mixed many at once.
private struct BilinearRun<Element: PixelElement>: ~Copyable {
    static var length: Int { 128 }

    private let missing: Element
    private let beside: Element
    /// The upper left of the four, upper right, lower left, and lower right ones of all pixels.
    private let samples = UnsafeMutablePointer<Element>.allocate(capacity: 4 * length)
    /// How far right and below of the upper left one's centre, 0 to 1.
    private let shares = UnsafeMutablePointer<Float>.allocate(capacity: 2 * length)
    /// Values, then what they are to be divided by; 0 for none.
    private let sums = UnsafeMutablePointer<Float>.allocate(capacity: 2 * length)

    init(missing: Element, beside: Element) { (self.missing, self.beside) = (missing, beside) }

    deinit {
        samples.deallocate()
        shares.deallocate()
        sums.deallocate()
    }

    @inline(__always)
    func leaveOut(_ lane: Int) {
        for corner in 0..<4 { samples[corner * Self.length + lane] = missing }
        (shares[lane], shares[Self.length + lane]) = (0, 0)
    }

    @inline(__always)
    func load(_ lane: Int, _ corner: UnsafePointer<Element>, below width: Int, _ share: SIMD2<Float>) {
        let length = Self.length
        (samples[lane], samples[length + lane]) = (corner[0], corner[1])
        (samples[2 * length + lane], samples[3 * length + lane]) = (corner[width], corner[width + 1])
        (shares[lane], shares[length + lane]) = (share.x, share.y)
    }

    @inline(__always)
    func mix(into target: UnsafeMutablePointer<Element>, count: Int) {
        // Names of their own, so that the compiler knows that nothing changes them and does several pixels at once.
        let (length, missing) = (Self.length, missing)
        let (a, b, c, d) = (samples, samples + length, samples + 2 * length, samples + 3 * length)
        let (xs, ys, values, totals) = (shares, shares + length, sums, sums + length)
        for lane in 0..<length {
            let (x, y) = (xs[lane], ys[lane])
            let isA: Float = a[lane] == missing || a[lane] != a[lane] ? 0 : 1
            let isB: Float = b[lane] == missing || b[lane] != b[lane] ? 0 : 1
            let isC: Float = c[lane] == missing || c[lane] != c[lane] ? 0 : 1
            let isD: Float = d[lane] == missing || d[lane] != d[lane] ? 0 : 1
            let own = y >= 0.5 ? (x >= 0.5 ? isD : isC) : (x >= 0.5 ? isB : isA)
            let (top, bottom) = (1 - y, y)
            let (wa, wb) = (isA * (top * (1 - x)), isB * (top * x))
            let (wc, wd) = (isC * (bottom * (1 - x)), isD * (bottom * x))
            let total = wa + wb + wc + wd
            // Missing ones may be infinite: their numbers must not be multiplied, not even by 0.
            let (va, vb) = (isA == 0 ? 0 : a[lane].single, isB == 0 ? 0 : b[lane].single)
            let (vc, vd) = (isC == 0 ? 0 : c[lane].single, isD == 0 ? 0 : d[lane].single)
            values[lane] = wa * va + wb * vb + wc * vc + wd * vd
            totals[lane] = own * total
        }
        let isInteger = !Element.pixelType.isFloat
        let beside = beside
        for lane in 0..<count {
            let (total, old) = (totals[lane], target[lane])
            let value = Double(values[lane] / (total > 1e-5 ? total : 1))
            let mixed = Element(nearest: isInteger ? value.roundedHalfUp : value)
            let valid = mixed == missing ? beside : mixed
            target[lane] = total > 1e-5 ? valid : old
        }
    }
}

extension Double {
    /// The nearest whole number, of two the greater one; for numbers below 2 to the 51st, without a branch.
    @inline(__always)
    fileprivate var roundedHalfUp: Double {
        let large = 6_755_399_441_055_744.0
        let even = (self + large) - large
        return even + (self - even == 0.5 ? 1 : 0)
    }
}
