import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster

/// Reads the datasets of one slice of time onto the grid of a block, as one.
///
/// Of several datasets the first with a value counts at each pixel or, with a ranking, the one of the best quality; where
/// that has no value of a measurement, again the first that has one.
struct SliceReader {
    /// How many pixels around the block masks depend on.
    let halo: Int
    /// The block with these.
    let grown: GeoBox
    private let datasets: [Dataset]
    private let target: GeoBox
    private let cache: SourceCache
    /// For each pixel of the grown block the number of the dataset of the best quality, -1 where no quality is known.
    private let best: [Int16]?

    init(
        _ datasets: [Dataset],
        ranking: QualityRanking?,
        onto target: GeoBox,
        halo: Int,
        _ cache: SourceCache
    ) throws {
        (self.datasets, self.target, self.halo, self.cache) = (datasets, target, halo, cache)
        let window = PixelWindow(column: 0, row: 0, width: target.width, height: target.height).grown(by: halo)
        grown = target.cropped(to: window)
        best = datasets.count > 1 ? try ranking?.best(of: datasets, onto: grown, cache) : nil
    }

    /// Puts the pixels of the block in place; false where no dataset has any.
    ///
    /// - `wanted`: False for pixels that become nodata whatever lies there.
    func read<Element: PixelElement>(
        _ measurement: Measurement,
        resampling: Resampling,
        into place: UnsafeMutableBufferPointer<Element>,
        wanted: [Bool]? = nil
    ) throws -> Bool {
        let best = best?.cropped(width: grown.width, by: halo)
        return try read(measurement, resampling, onto: target, best: best, into: place, wanted: wanted)
    }

    /// The pixels of the block; nil where no dataset has any.
    func read<Element: PixelElement>(
        _: Element.Type,
        _ measurement: Measurement,
        resampling: Resampling
    ) throws -> [Element]? {
        try pixels(of: target) { try read(measurement, resampling: resampling, into: $0) }
    }

    /// The pixels of the block and of those around it, from the nearest ones: for flags.
    func readGrown<Element: PixelElement>(_: Element.Type, _ measurement: Measurement) throws -> [Element]? {
        try pixels(of: grown) { try read(measurement, .nearest, onto: grown, best: best, into: $0) }
    }

    private func pixels<Element: PixelElement>(
        of box: GeoBox,
        _ fill: (UnsafeMutableBufferPointer<Element>) throws -> Bool
    ) rethrows -> [Element]? {
        var hasData = false
        let pixels = try [Element](unsafeUninitializedCapacity: box.pixelCount) { buffer, count in
            hasData = try fill(buffer)
            count = box.pixelCount
        }
        return hasData ? pixels : nil
    }

    private func read<Element: PixelElement>(
        _ measurement: Measurement,
        _ resampling: Resampling,
        onto box: GeoBox,
        best: [Int16]?,
        into place: UnsafeMutableBufferPointer<Element>,
        wanted: [Bool]? = nil
    ) throws -> Bool {
        let reader = GridReader(measurement, resampling: resampling, cache: cache)
        guard try reader.readFused(datasets, onto: box, into: place, wanted: wanted) else { return false }
        guard let best else { return true }
        // The first dataset is on top already.
        for number in 1..<datasets.count where best.contains(Int16(number)) {
            let own = try pixels(of: box) { (pixels: UnsafeMutableBufferPointer<Element>) in
                try reader.readFused([datasets[number]], onto: box, into: pixels, wanted: wanted)
            }
            guard let own else { continue }
            replace(place, by: own, where: best, is: Int16(number), missing: Element(nearest: measurement.nodata))
        }
        return true
    }
}

@_specialize(where Element == UInt8)
@_specialize(where Element == UInt16)
@_specialize(where Element == Int16)
@_specialize(where Element == Int32)
@_specialize(where Element == Float)
private func replace<Element: PixelElement>(
    _ pixels: UnsafeMutableBufferPointer<Element>,
    by own: [Element],
    where best: [Int16],
    is number: Int16,
    missing: Element
) {
    for pixel in best.indices where best[pixel] == number && own[pixel] != missing && own[pixel] == own[pixel] {
        pixels[pixel] = own[pixel]
    }
}

extension Array {
    /// The pixels of rows of `width` without the outermost rows and columns.
    func cropped(width: Int, by halo: Int) -> [Element] {
        guard halo > 0 else { return self }
        let height = count / width
        return (halo..<height - halo).flatMap { self[$0 * width + halo..<($0 + 1) * width - halo] }
    }
}
