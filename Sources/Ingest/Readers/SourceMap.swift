import Geo
import Raster

/// Which source pixel lies under the centre of each pixel of a target block, for nearest neighbours.
///
/// Made once for a source grid and a block, and used for every band and date that share them. Points of a lattice are
/// carried over exactly and those between are interpolated, where that is off by less than a hundredth of a pixel
/// (checked at the middle of each lattice cell); otherwise every pixel is carried over exactly.
struct SourceMap {
    /// The part of the source that is needed, nil where the grids do not meet.
    let window: PixelWindow?
    /// For each pixel of the target, where its source pixel is in the window, row-major; -1 outside of the source.
    private let indices: [Int32]

    init(from source: GeoBox, to target: GeoBox, transform: borrowing CoordinateTransform) {
        guard let toPixel = source.affine.inverse else {
            (window, indices) = (nil, [])
            return
        }
        let lattice = Lattice(source: toPixel, target: target, transform: transform)
        var places = [(column: Int32, row: Int32)](repeating: (-1, -1), count: target.pixelCount)
        var (left, top, right, bottom) = (Int32.max, Int32.max, Int32.min, Int32.min)
        let (width, height) = (Double(source.width), Double(source.height))
        lattice.forEach { pixel, column, row in
            guard column >= 0, row >= 0, column < width, row < height else { return }
            let place = (column: Int32(column), row: Int32(row))
            places[pixel] = place
            (left, right) = (min(left, place.column), max(right, place.column))
            (top, bottom) = (min(top, place.row), max(bottom, place.row))
        }
        guard right >= left else {
            (window, indices) = (nil, [])
            return
        }
        let span = right - left + 1
        window = PixelWindow(column: Int(left), row: Int(top), width: Int(span), height: Int(bottom - top + 1))
        indices = places.map { $0.column < 0 ? -1 : ($0.row - top) * span + $0.column - left }
    }

    /// The pixels of the target, taken from those of the window.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func gather<Element: PixelElement>(_ pixels: [Element], missing: Element) -> [Element] {
        var result = [Element](repeating: missing, count: indices.count)
        for (target, source) in indices.enumerated() where source >= 0 { result[target] = pixels[Int(source)] }
        return result
    }
}
