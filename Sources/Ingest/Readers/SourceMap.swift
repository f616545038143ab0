import Geo
import Raster

/// The greatest whole number that is not greater, by instructions that every processor has.
@inline(__always)
private func floor(_ value: Float) -> Float {
    guard abs(value) < 8_388_608 else { return value }
    let whole = Float(Int32(value))
    return whole > value ? whole - 1 : whole
}

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

    /// Takes the nearest source pixel of each target pixel.
    ///
    /// - Parameters:
    ///   - pixels: Those of the frame.
    ///   - target: As many pixels as the target has; those without a source pixel stay as they are.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func gather<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        into target: UnsafeMutableBufferPointer<Element>
    ) {
        indices.withUnsafeBufferPointer { indices in
            for pixel in 0..<indices.count where indices[pixel] >= 0 { target[pixel] = pixels[Int(indices[pixel])] }
        }
    }

    /// Mixes the four source pixels around each target pixel; missing ones take no part.
    ///
    /// As GDAL's warper: shares of the valid neighbours are scaled to 1, whole numbers are rounded half up, and a mixture
    /// that would come to lie on the mark of missing pixels becomes the number beside it.
    ///
    /// - Parameters:
    ///   - pixels: Those of the frame.
    ///   - target: As many pixels as the target has; those without a valid source pixel stay as they are.
    ///   - missing: Marks missing pixels in both.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func mix<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        into target: UnsafeMutableBufferPointer<Element>,
        missing: Element
    ) {
        guard let width = frame?.width else { return }
        let isInteger = !Element.pixelType.isFloat
        let mark = missing.real
        let beside = Element(nearest: mark <= Element.pixelType.range.lowerBound ? mark + 1 : mark - 1)
        indices.withUnsafeBufferPointer { indices in
            fractions.withUnsafeBufferPointer { fractions in
                for pixel in 0..<indices.count where indices[pixel] >= 0 {
                    let (corner, part) = (Int(indices[pixel]), fractions[pixel])
                    // As GDAL's warper: no value where the pixel that the point lies in has none.
                    let own = pixels[corner + (part.x >= 0.5 ? 1 : 0) + (part.y >= 0.5 ? width : 0)]
                    guard own != missing, own == own else { continue }
                    let (a, b) = (pixels[corner], pixels[corner + 1])
                    let (c, d) = (pixels[corner + width], pixels[corner + width + 1])
                    let (top, bottom) = (1 - part.y, part.y)
                    var weights = SIMD4(top * (1 - part.x), top * part.x, bottom * (1 - part.x), bottom * part.x)
                    var values = SIMD4(a.single, b.single, c.single, d.single)
                    if a == missing || a != a { (weights.x, values.x) = (0, 0) }
                    if b == missing || b != b { (weights.y, values.y) = (0, 0) }
                    if c == missing || c != c { (weights.z, values.z) = (0, 0) }
                    if d == missing || d != d { (weights.w, values.w) = (0, 0) }
                    let total = weights.sum()
                    guard total > 1e-5 else { continue }
                    let value = (weights * values).sum() / total
                    let mixed = Element(nearest: Double(isInteger ? floor(value + 0.5) : value))
                    target[pixel] = mixed == missing ? beside : mixed
                }
            }
        }
    }
}
