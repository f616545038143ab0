import Geo

/// How pixels of an overview are made from the four of the level below.
public enum OverviewMethod: Sendable {
    /// The mean of those that hold data, rounded half up.
    case average
    /// The upper left one: for classes and flags.
    case nearest

    /// Half the columns and rows of a window, each rounded up; the window begins at an even column and row.
    func halve<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        width: Int,
        height: Int,
        stride: Int,
        nodata: Element
    ) -> [Element] {
        let (columns, rows) = ((width + 1) / 2, (height + 1) / 2)
        return [Element](unsafeUninitializedCapacity: columns * rows) { target, count in
            count = columns * rows
            for row in 0..<rows {
                let upper = 2 * row * stride
                // At an odd edge the last row or column stands alone.
                let lower = 2 * row + 1 < height ? upper + stride : upper
                for column in 0..<columns {
                    let left = 2 * column
                    let right = left + 1 < width ? left + 1 : left
                    if case .nearest = self {
                        target[row * columns + column] = pixels[upper + left]
                        continue
                    }
                    target[row * columns + column] = Self.mean(
                        SIMD4(
                            x: pixels[upper + left].real,
                            y: right > left ? pixels[upper + right].real : .nan,
                            z: lower > upper ? pixels[lower + left].real : .nan,
                            w: right > left && lower > upper ? pixels[lower + right].real : .nan
                        ),
                        nodata
                    )
                }
            }
        }
    }

    @inline(__always)
    private static func mean<Element: PixelElement>(_ values: SIMD4<Double>, _ nodata: Element) -> Element {
        let isMissing = (values .== SIMD4(repeating: nodata.real)) .| (values .!= values)
        let sum = values.replacing(with: 0, where: isMissing).sum()
        let count = SIMD4<Double>(repeating: 1).replacing(with: 0, where: isMissing).sum()
        guard count > 0 else { return nodata }
        return Element(nearest: Element.pixelType.isFloat ? sum / count : (sum / count + 0.5).rounded(.down))
    }
}
