public import DatacubeIndex
public import Geo
import Raster

/// Reads a measurement of datasets onto a grid: pasted where grids agree, else warped.
public struct GridReader {
    private let measurement: Measurement
    private let resampling: Resampling
    private let cache: SourceCache

    /// - `measurement`: As the product defines it; its nodata marks missing pixels in results.
    /// - `cache`: The open files of the calling thread.
    public init(_ measurement: Measurement, resampling: Resampling = .nearest, cache: SourceCache) {
        (self.measurement, self.resampling, self.cache) = (measurement, resampling, cache)
    }

    /// The pixels of several datasets on one grid: the first valid one of each pixel, in the order given.
    ///
    /// - Returns: Row-major pixels of `target`, nil where no dataset has a valid one.
    public func readFused<Element: PixelElement>(
        _ type: Element.Type = Element.self,
        _ datasets: [Dataset],
        onto target: GeoBox
    ) throws -> [Element]? {
        var hasData = false
        let pixels = try [Element](unsafeUninitializedCapacity: target.pixelCount) { buffer, count in
            hasData = try readFused(datasets, onto: target, into: buffer)
            count = target.pixelCount
        }
        return hasData ? pixels : nil
    }

    /// Puts the pixels of several datasets in place: the first valid one of each pixel, in the order given.
    ///
    /// Of a dataset only what those before it have left open is read, to the row and column.
    ///
    /// - Parameters:
    ///   - datasets: Those that lie first count first.
    ///   - target: The grid.
    ///   - buffer: As many pixels as the grid has; need not hold anything before.
    /// - Returns: False where no dataset has a valid pixel; then the buffer holds nodata.
    /// - Throws: `BrokenDataset`, which names the dataset that could not be read.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    public func readFused<Element: PixelElement>(
        _ datasets: [Dataset],
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws -> Bool {
        precondition(buffer.count >= target.pixelCount, "as many pixels as the target has")
        let nodata = Element(nearest: measurement.nodata)
        let buffer = UnsafeMutableBufferPointer(rebasing: buffer[..<target.pixelCount])
        buffer.update(repeating: nodata)
        let whole = PixelWindow(column: 0, row: 0, width: target.width, height: target.height)
        var open: PixelWindow? = whole
        var hasData = false
        for (number, dataset) in datasets.enumerated() {
            guard let gap = open else { break }
            if hasData {
                // Maps of a warp are kept for the whole target: a part of it would need one of its own.
                let gap = try isPasted(dataset, onto: target) ? gap : whole
                let part = target.cropped(to: gap)
                var pixels = [Element](repeating: nodata, count: part.pixelCount)
                let isThere = try pixels.withUnsafeMutableBufferPointer { try place(dataset, onto: part, into: $0) }
                guard isThere else { continue }
                fill(buffer, target.width, from: pixels, gap, nodata)
            } else {
                guard try place(dataset, onto: target, into: buffer) else { continue }
                hasData = true
            }
            open = number + 1 < datasets.count ? missingPart(buffer, target, nodata) : whole
        }
        return hasData && (open != whole || !isEmpty(buffer, nodata))
    }

    @inline(__always)
    private func fill<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ width: Int,
        from pixels: [Element],
        _ gap: PixelWindow,
        _ nodata: Element
    ) {
        pixels.withUnsafeBufferPointer { pixels in
            for row in 0..<gap.height {
                let (to, from) = ((gap.row + row) * width + gap.column, row * gap.width)
                for column in 0..<gap.width where isMissing(buffer[to + column], nodata) {
                    buffer[to + column] = pixels[from + column]
                }
            }
        }
    }

    /// The smallest window around all missing pixels, nil where there are none.
    @inline(__always)
    private func missingPart<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ target: GeoBox,
        _ nodata: Element
    ) -> PixelWindow? {
        var (left, right, top, bottom) = (target.width, -1, target.height, -1)
        for row in 0..<target.height {
            let start = row * target.width
            guard hasMissing(buffer, start..<start + target.width, nodata) else { continue }
            (top, bottom) = (min(top, row), row)
            if hasMissing(buffer, start..<start + left, nodata) {
                left = (0..<left).first { isMissing(buffer[start + $0], nodata) } ?? left
            }
            if hasMissing(buffer, start + right + 1..<start + target.width, nodata) {
                right = (right + 1..<target.width).last { isMissing(buffer[start + $0], nodata) } ?? right
            }
        }
        guard bottom >= 0 else { return nil }
        return PixelWindow(column: left, row: top, width: right - left + 1, height: bottom - top + 1)
    }

    /// Without a way out of the loop, so that the compiler looks at many pixels at once.
    @inline(__always)
    private func hasMissing<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ range: Range<Int>,
        _ nodata: Element
    ) -> Bool {
        guard let pixels = buffer.baseAddress else { return false }
        var found: UInt8 = 0
        for index in range { found |= isMissing(pixels[index], nodata) ? 1 : 0 }
        return found != 0
    }

    @inline(__always)
    private func isEmpty<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ nodata: Element
    ) -> Bool {
        for pixel in buffer where !isMissing(pixel, nodata) { return false }
        return true
    }

    /// Puts the pixels of one dataset in place, in the product's units of storage; false where they do not meet.
    private func place<Element: PixelElement>(
        _ dataset: Dataset,
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws -> Bool {
        do {
            let (file, source) = try opened(dataset)
            let nodata = Element(nearest: measurement.nodata)
            let sourceNodata = file.nodata.map { Element(nearest: $0) } ?? nodata
            if sourceNodata != nodata { buffer.update(repeating: sourceNodata) }
            let isPlaced =
                if let shift = try pasteShift(from: file.geoBox, to: target) {
                    try paste(file, shift, onto: target, into: buffer)
                } else {
                    try warped(file, onto: target, into: buffer, missing: sourceNodata)
                }
            if isPlaced || sourceNodata != nodata { harmonise(buffer, source: source, from: sourceNodata, to: nodata) }
            return isPlaced
        } catch let error where !(error is BrokenDataset) {
            throw BrokenDataset(id: dataset.id, reason: "\(error)")
        }
    }

    private func opened(_ dataset: Dataset) throws -> (file: any OpenSource, source: MeasurementSource) {
        guard let source = dataset.source(of: measurement.name) else {
            throw IngestError("dataset \(dataset.idText)", "has no location or no measurement '\(measurement.name)'")
        }
        return (try cache.source(source, of: measurement.name, in: dataset), source)
    }

    private func isPasted(_ dataset: Dataset, onto target: GeoBox) throws -> Bool {
        do {
            return try pasteShift(from: opened(dataset).file.geoBox, to: target) != nil
        } catch {
            throw BrokenDataset(id: dataset.id, reason: "\(error)")
        }
    }

    /// Where the target's first pixel lies in the source, nil where a warp is needed.
    ///
    /// Only for nearest: a shift of less than a pixel takes the source pixel under each target pixel's centre.
    private func pasteShift(from source: GeoBox, to target: GeoBox) throws -> (column: Int, row: Int)? {
        guard let shift = try source.shift(to: target) else { return nil }
        let isWhole =
            abs(shift.x - shift.x.rounded()) < 0.01 && abs(shift.y - shift.y.rounded()) < 0.01
        guard resampling == .nearest || isWhole else { return nil }
        return (Int((shift.x + 0.5).rounded(.down)), Int((shift.y + 0.5).rounded(.down)))
    }

    /// Pixels of a source that are read at once for a much coarser target.
    private static let largestPart = 1 << 22

    @inline(__always)
    private func paste<Element: PixelElement>(
        _ file: any OpenSource,
        _ shift: (column: Int, row: Int),
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws -> Bool {
        let wanted = PixelWindow(column: shift.column, row: shift.row, width: target.width, height: target.height)
        let whole = PixelWindow(column: 0, row: 0, width: file.geoBox.width, height: file.geoBox.height)
        guard let window = wanted.intersection(whole), let base = buffer.baseAddress else { return false }
        let start = (window.row - wanted.row) * target.width + window.column - wanted.column
        try file.read(window, into: base + start, stride: target.width)
        return true
    }

    private func warped<Element: PixelElement>(
        _ file: any OpenSource,
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>,
        missing: Element
    ) throws -> Bool {
        let source = file.geoBox
        guard let part = try cache.window(of: source, under: target) else { return false }
        if part.step > 1, let overview = try file.reduced(by: part.step, resampling) {
            return try warped(overview, onto: target, into: buffer, missing: missing)
        }
        if part.window.pixelCount > max(Self.largestPart, 4 * target.pixelCount), target.height > 1 {
            let half = target.height / 2
            var isPlaced = false
            for rows in [0..<half, half..<target.height] {
                let strip = PixelWindow(column: 0, row: rows.lowerBound, width: target.width, height: rows.count)
                let pixels = rows.lowerBound * target.width..<rows.upperBound * target.width
                let isThere = try warped(
                    file,
                    onto: target.cropped(to: strip),
                    into: UnsafeMutableBufferPointer(rebasing: buffer[pixels]),
                    missing: missing
                )
                isPlaced = isPlaced || isThere
            }
            return isPlaced
        }
        if resampling == .nearest || resampling == .bilinear && part.isFine {
            let isBilinear = resampling == .bilinear
            let map = try cache.map(from: source, to: target, isBilinear: isBilinear)
            let whole = PixelWindow(column: 0, row: 0, width: source.width, height: source.height)
            guard let frame = map.frame, let window = frame.intersection(whole) else { return false }
            var pixels = [Element](repeating: missing, count: frame.pixelCount)
            try pixels.withUnsafeMutableBufferPointer { pixels in
                guard let base = pixels.baseAddress else { return }
                let start = (window.row - frame.row) * frame.width + window.column - frame.column
                try file.read(window, into: base + start, stride: frame.width)
                let taken = UnsafeBufferPointer(pixels)
                if isBilinear {
                    map.mix(taken, into: buffer, missing: missing)
                } else {
                    map.gather(taken, into: buffer)
                }
            }
            return true
        }
        let pixels = try file.read(Element.self, part.window)
        let result = try warp(pixels, from: part.geoBox, nodata: missing, onto: target, resampling: resampling)
        _ = buffer.update(fromContentsOf: result)
        return true
    }

    /// Brings scale, offset and nodata of a dataset to the product's.
    @inline(__always)
    private func harmonise<Element: PixelElement>(
        _ pixels: UnsafeMutableBufferPointer<Element>,
        source: MeasurementSource,
        from sourceNodata: Element,
        to nodata: Element
    ) {
        let (scale, offset) = (measurement.scaleFactor ?? 1, measurement.addOffset ?? 0)
        let (ownScale, ownOffset) = (source.scaleFactor ?? scale, source.addOffset ?? offset)
        if ownScale == scale, ownOffset == offset {
            guard sourceNodata != nodata else { return }
            for index in pixels.indices where isMissing(pixels[index], sourceNodata) { pixels[index] = nodata }
            return
        }
        let (factor, term) = (ownScale / scale, (ownOffset - offset) / scale)
        let replacement = Element.neighbour(ofNodata: measurement.nodata)
        for index in pixels.indices {
            guard !isMissing(pixels[index], sourceNodata) else {
                pixels[index] = nodata
                continue
            }
            let value = Element(nearest: pixels[index].real * factor + term)
            pixels[index] = value == nodata ? replacement : value
        }
    }

    @inline(__always)
    private func isMissing<Element: PixelElement>(_ pixel: Element, _ nodata: Element) -> Bool {
        pixel == nodata || pixel != pixel
    }
}

extension GeoBox {
    /// Where another grid's first pixel lies in this one, in pixels; nil where their CRS or pixel sizes differ.
    public func shift(to other: GeoBox) throws -> Point? {
        let (s, t) = (affine, other.affine)
        guard s.isAxisAligned, t.isAxisAligned, abs(s.a / t.a - 1) < 1e-9, abs(s.e / t.e - 1) < 1e-9,
            try CRSDescription.areSame(crs, other.crs)
        else { return nil }
        return Point(x: (t.c - s.c) / s.a, y: (t.f - s.f) / s.e)
    }
}
