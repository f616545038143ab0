import Geo
import Raster

/// Which source pixels lie around the centre of each pixel of a target block.
///
/// Made once for a source grid and a block, and used for every band and date that share them.
struct SourceMap {
    /// The part of the source that is needed, nil where the grids do not meet; for bilinear it may stick out by a pixel.
    let frame: PixelWindow?
    /// Around the target, in pixels of the source.
    let outline: MultiPolygon?
    /// For each pixel of the target, where in the frame its source pixel is, row-major; -1 outside of the source.
    ///
    /// For bilinear it is the upper left one of four.
    private let indices: [Int32]
    /// How many pixels from each on lie side by side in the source too, 255 at most; 0 outside of it.
    private let runs: [UInt8]
    /// How far right of that pixel's centre, 0 to 1; for bilinear only.
    private let rights: [Float]
    /// How far below of it.
    private let downs: [Float]

    /// - `isBilinear`: Keeps the four neighbours of each pixel.
    init(from source: GeoBox, to target: GeoBox, _ lattice: Lattice?, isBilinear: Bool) {
        guard let lattice else {
            (frame, outline, indices, runs, rights, downs) = (nil, nil, [], [], [], [])
            return
        }
        var places = [SIMD2<Int32>](repeating: SIMD2(repeating: .min), count: target.pixelCount)
        var rights = [Float](repeating: 0, count: isBilinear ? target.pixelCount : 0)
        var downs = rights
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
                (rights[pixel], downs[pixel]) = (Float(x - Double(place.x)), Float(y - Double(place.y)))
            }
            places[pixel] = place
            first = pointwiseMin(first, place)
            last = pointwiseMax(last, place)
        }
        guard last.x >= first.x else {
            (frame, outline, indices, runs, self.rights, self.downs) = (nil, nil, [], [], [], [])
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
        outline = lattice.outline
        indices = places.map { $0.x == .min ? -1 : ($0.y - first.y) * span + $0.x - first.x }
        runs = Self.runs(of: indices)
        (self.rights, self.downs) = (rights, downs)
    }

    private static func runs(of indices: [Int32]) -> [UInt8] {
        var runs = [UInt8](repeating: 0, count: indices.count)
        for pixel in indices.indices.reversed() where indices[pixel] >= 0 {
            let goesOn = pixel + 1 < indices.count && indices[pixel + 1] == indices[pixel] + 1
            runs[pixel] = goesOn ? min(runs[pixel + 1], 254) + 1 : 1
        }
        return runs
    }

    /// Bytes that the map takes.
    var byteCount: Int { 5 * indices.count + 8 * rights.count }

    /// Pixels that are copied at once; behind those of the frame there must be room for as many.
    static let stretch = 16

    /// Takes the nearest source pixel of each target pixel.
    ///
    /// - Parameters:
    ///   - pixels: Those of the frame, and room for `stretch` more, whatever it holds.
    ///   - target: As many pixels as the target has; need not hold anything before.
    ///   - wanted: Nil for all.
    ///   - missing: What pixels without a source pixel become, and those not wanted.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func gather<Element: PixelElement>(
        _ pixels: UnsafeBufferPointer<Element>,
        into target: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?,
        missing: Element
    ) {
        guard let from = pixels.baseAddress, let to = target.baseAddress else { return }
        var pixel = 0
        while pixel < indices.count {
            let (count, place) = (Int(runs[pixel]), to + pixel)
            guard count > 0 else {
                place.pointee = missing
                pixel += 1
                continue
            }
            let (run, wanted) = (from + Int(indices[pixel]), wanted?.pixels.advanced(by: pixel))
            // Whole stretches, a little too far: what comes next is written afterwards.
            let whole = (count + Self.stretch - 1) / Self.stretch * Self.stretch
            if pixel + whole > indices.count {
                for index in 0..<count { place[index] = wanted?[index] ?? true ? run[index] : missing }
            } else if let wanted {
                for first in stride(from: 0, to: whole, by: Self.stretch) {
                    for index in first..<first + Self.stretch {
                        let sample = run[index]
                        place[index] = wanted[index] ? sample : missing
                    }
                }
            } else {
                for first in stride(from: 0, to: whole, by: Self.stretch) {
                    for index in first..<first + Self.stretch { place[index] = run[index] }
                }
            }
            pixel += count
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
        let length = BilinearRun<Element>.length
        rights.withUnsafeBufferPointer { rights in
            downs.withUnsafeBufferPointer { downs in
                guard let rights = rights.baseAddress, let downs = downs.baseAddress else { return }
                for first in stride(from: 0, to: indices.count, by: length) {
                    let count = min(length, indices.count - first)
                    let wanted = wanted?.pixels.advanced(by: first)
                    guard wanted.map({ isAny($0, count) }) ?? true else { continue }
                    load(run, first, count, from, below: width)
                    run.mix(into: to + first, count: count, wanted, right: rights + first, down: downs + first)
                }
            }
        }
    }

    /// Without a way out of the loop, so that the compiler looks at many at once.
    private func isAny(_ wanted: UnsafePointer<Bool>, _ count: Int) -> Bool {
        var found: UInt8 = 0
        for index in 0..<count { found |= wanted[index] ? 1 : 0 }
        return found != 0
    }

    /// The four source pixels around each of some pixels of the target.
    @inline(__always)
    private func load<Element: PixelElement>(
        _ run: borrowing BilinearRun<Element>,
        _ first: Int,
        _ count: Int,
        _ from: UnsafePointer<Element>,
        below width: Int
    ) {
        var lane = 0
        while lane < count {
            let stretch = min(Int(runs[first + lane]), count - lane)
            if stretch > 0 {
                run.load(lane, stretch, from + Int(indices[first + lane]), below: width)
            } else {
                run.leaveOut(lane)
            }
            lane += max(stretch, 1)
        }
    }
}
