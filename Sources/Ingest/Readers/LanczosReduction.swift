import Foundation
import Geo
import Raster

/// Lanczos' kernel of three lobes for targets that are coarser than their source, as wide as a target pixel is.
///
/// GDAL 3.6 has it too, but sets its weights as if every place lay in the middle of a source pixel: what it makes lies apart
/// by up to a pixel of the source. This is what Pillow's `LANCZOS` gives.
struct LanczosReduction {
    private static let lobes = 3.0
    /// Columns and rows of the source that a target pixel spans.
    let span: XY<Double>

    /// Puts the means of a target's pixels in place; those without one, and those not wanted, stay as they are.
    ///
    /// As with GDAL's kernels a pixel has a value where the source pixel that its centre lies in has one; missing ones around
    /// it take no part.
    ///
    /// - Parameters:
    ///   - pixels: Row-major, of the shape of `window`.
    ///   - window: The part of the source that they are.
    ///   - missing: Marks missing pixels.
    ///   - lattice: Where the target's pixels are in the source.
    ///   - target: As many pixels as the target has.
    ///   - wanted: Nil for all.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func reduce<Element: PixelElement>(
        _ pixels: [Element],
        _ window: PixelWindow,
        missing: Element,
        _ lattice: Lattice,
        into target: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?
    ) {
        let mark = missing.real
        let beside = Element(nearest: mark <= Element.pixelType.range.lowerBound ? mark + 1 : mark - 1)
        lattice.forEach { pixel, column, row in
            let (x, y) = (column - Double(window.column), row - Double(window.row))
            guard wanted?.pixels[pixel] ?? true, x >= 0, y >= 0, x < Double(window.width), y < Double(window.height),
                !isMissing(pixels[Int(y) * window.width + Int(x)], missing)
            else { return }
            let (across, down) = (Self.taps(x, span.x, window.width), Self.taps(y, span.y, window.height))
            var (sum, total) = (0.0, 0.0)
            for (row, share) in zip(down.first..., down.weights) {
                for (column, weight) in zip(across.first..., across.weights) {
                    let value = pixels[row * window.width + column]
                    guard !isMissing(value, missing) else { continue }
                    sum += share * weight * value.real
                    total += share * weight
                }
            }
            guard total > 1e-6 else { return }
            let value = Element(nearest: Element.pixelType.isFloat ? sum / total : (sum / total + 0.5).rounded(.down))
            target[pixel] = value == missing ? beside : value
        }
    }

    /// The source pixels along one axis that take part at a place, and their weights.
    private static func taps(_ place: Double, _ span: Double, _ count: Int) -> (first: Int, weights: [Double]) {
        let reach = lobes * span
        let first = max(0, Int((place - 0.5 - reach).rounded(.up)))
        let last = min(count - 1, Int((place - 0.5 + reach).rounded(.down)))
        let weights = (first...last).map { weight((Double($0) + 0.5 - place) / span) }
        return (first, weights)
    }

    private static func weight(_ distance: Double) -> Double {
        guard distance != 0 else { return 1 }
        guard abs(distance) < lobes else { return 0 }
        let angle = Double.pi * distance
        return lobes * sin(angle) * sin(angle / lobes) / (angle * angle)
    }

    @inline(__always)
    private func isMissing<Element: PixelElement>(_ pixel: Element, _ missing: Element) -> Bool {
        pixel == missing || pixel != pixel
    }
}
