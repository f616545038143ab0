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
    ///   - wanted: False for pixels that become nodata whatever lies there; nil wants all.
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
        into buffer: UnsafeMutableBufferPointer<Element>,
        wanted: [Bool]? = nil
    ) throws -> Bool {
        precondition(buffer.count >= target.pixelCount, "as many pixels as the target has")
        precondition(wanted.map { $0.count == target.pixelCount } ?? true, "one for each pixel of the target")
        guard let wanted else { return try fuse(datasets, onto: target, into: buffer, wanted: nil) }
        return try wanted.withUnsafeBufferPointer {
            try fuse(datasets, onto: target, into: buffer, wanted: $0.baseAddress)
        }
    }

    @inline(__always)
    private func fuse<Element: PixelElement>(
        _ datasets: [Dataset],
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>,
        wanted: UnsafePointer<Bool>?
    ) throws -> Bool {
        let nodata = Element(nearest: measurement.nodata)
        let buffer = UnsafeMutableBufferPointer(rebasing: buffer[..<target.pixelCount])
        let whole = PixelWindow(column: 0, row: 0, width: target.width, height: target.height)
        var hasData = false
        for dataset in datasets {
            guard hasData else {
                hasData = try place(dataset, onto: target, into: buffer, wanted: wanted)
                continue
            }
            let reach = reach(of: dataset, onto: target)
            guard let gap = missingPart(buffer, target, within: reach, wanted, nodata) else { continue }
            // Maps of a warp are kept for the whole target: a part of it would need one of its own.
            let window = try isPasted(dataset, onto: target) ? gap : whole
            let isOpen = missingPixels(buffer, target.width, window, wanted, nodata)
            let part = target.cropped(to: window)
            var pixels = [Element](unsafeUninitializedCapacity: part.pixelCount) { $1 = part.pixelCount }
            let isThere = try pixels.withUnsafeMutableBufferPointer { pixels in
                try isOpen.withUnsafeBufferPointer {
                    try place(dataset, onto: part, into: pixels, wanted: $0.baseAddress)
                }
            }
            guard isThere else { continue }
            fill(buffer, target.width, from: pixels, window, where: isOpen)
        }
        if !hasData { buffer.update(repeating: nodata) }
        return hasData && !isEmpty(buffer, nodata)
    }

    /// The part of a target that a dataset may reach, by its document; all of it where that does not tell.
    private func reach(of dataset: Dataset, onto target: GeoBox) -> PixelWindow? {
        let whole = PixelWindow(column: 0, row: 0, width: target.width, height: target.height)
        guard let box = dataset.geoBox(of: measurement.name) else { return whole }
        guard let shift = (try? box.shift(to: target)) ?? nil else {
            do {
                return try cache.window(of: box, under: target) == nil ? nil : whole
            } catch {
                return whole
            }
        }
        // Documents round: some pixels more on each side.
        let margin = 8
        let window = PixelWindow(
            column: Int((-shift.x).rounded(.down)) - margin,
            row: Int((-shift.y).rounded(.down)) - margin,
            width: box.width + 2 * margin,
            height: box.height + 2 * margin
        )
        return window.intersection(whole)
    }

    @inline(__always)
    private func fill<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ width: Int,
        from pixels: [Element],
        _ window: PixelWindow,
        where isOpen: [Bool]
    ) {
        pixels.withUnsafeBufferPointer { pixels in
            isOpen.withUnsafeBufferPointer { isOpen in
                for row in 0..<window.height {
                    let (to, from) = ((window.row + row) * width + window.column, row * window.width)
                    for column in 0..<window.width where isOpen[from + column] {
                        buffer[to + column] = pixels[from + column]
                    }
                }
            }
        }
    }

    /// Which pixels of a window are wanted and have no value.
    @inline(__always)
    private func missingPixels<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ width: Int,
        _ window: PixelWindow,
        _ wanted: UnsafePointer<Bool>?,
        _ nodata: Element
    ) -> [Bool] {
        [Bool](unsafeUninitializedCapacity: window.pixelCount) { isOpen, count in
            count = window.pixelCount
            for row in 0..<window.height {
                let (from, to) = ((window.row + row) * width + window.column, row * window.width)
                for column in 0..<window.width {
                    isOpen[to + column] = isMissing(buffer[from + column], nodata) && wanted?[from + column] ?? true
                }
            }
        }
    }

    /// The smallest window around all missing pixels of a part, nil where there are none.
    @inline(__always)
    private func missingPart<Element: PixelElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>,
        _ target: GeoBox,
        within part: PixelWindow?,
        _ wanted: UnsafePointer<Bool>?,
        _ nodata: Element
    ) -> PixelWindow? {
        guard let part else { return nil }
        let (first, end) = (part.column, part.column + part.width)
        var (left, right, top, bottom) = (end, first - 1, target.height, -1)
        func isOpen(_ pixel: Int) -> Bool { isMissing(buffer[pixel], nodata) && wanted?[pixel] ?? true }
        for row in part.row..<part.row + part.height {
            let start = row * target.width
            guard hasMissing(buffer, start + first..<start + end, wanted, nodata) else { continue }
            (top, bottom) = (min(top, row), row)
            if hasMissing(buffer, start + first..<start + left, wanted, nodata) {
                left = (first..<left).first { isOpen(start + $0) } ?? left
            }
            if hasMissing(buffer, start + right + 1..<start + end, wanted, nodata) {
                right = (right + 1..<end).last { isOpen(start + $0) } ?? right
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
        _ wanted: UnsafePointer<Bool>?,
        _ nodata: Element
    ) -> Bool {
        guard let pixels = buffer.baseAddress else { return false }
        var found: UInt8 = 0
        if let wanted {
            for index in range { found |= isMissing(pixels[index], nodata) && wanted[index] ? 1 : 0 }
        } else {
            for index in range { found |= isMissing(pixels[index], nodata) ? 1 : 0 }
        }
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

    /// Puts the pixels of one dataset in place, in the product's units of storage; those without any become nodata.
    ///
    /// - Returns: False where they do not meet; then nothing is in place.
    private func place<Element: PixelElement>(
        _ dataset: Dataset,
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>,
        wanted: UnsafePointer<Bool>?
    ) throws -> Bool {
        do {
            let (file, source) = try opened(dataset)
            let nodata = Element(nearest: measurement.nodata)
            let sourceNodata = file.nodata.map { Element(nearest: $0) } ?? nodata
            let pixels = wanted.map { WantedPixels($0, missing: sourceNodata) }
            if let shift = try pasteShift(from: file.geoBox, to: target) {
                guard try paste(file, shift, onto: target, into: buffer, pixels, sourceNodata) else { return false }
            } else {
                guard try warped(file, onto: target, into: buffer, pixels, sourceNodata) else { return false }
            }
            harmonise(buffer, source: source, from: sourceNodata, to: nodata)
            return true
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
        into buffer: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?,
        _ missing: Element
    ) throws -> Bool {
        let asked = PixelWindow(column: shift.column, row: shift.row, width: target.width, height: target.height)
        let whole = PixelWindow(column: 0, row: 0, width: file.geoBox.width, height: file.geoBox.height)
        guard let window = asked.intersection(whole), let base = buffer.baseAddress else { return false }
        if window != asked { buffer.update(repeating: missing) }
        let start = (window.row - asked.row) * target.width + window.column - asked.column
        try file.read(window, into: base + start, stride: target.width, wanted: wanted?.advanced(by: start))
        return true
    }

    private func warped<Element: PixelElement>(
        _ file: any OpenSource,
        onto target: GeoBox,
        into buffer: UnsafeMutableBufferPointer<Element>,
        _ wanted: WantedPixels<Element>?,
        _ missing: Element
    ) throws -> Bool {
        let source = file.geoBox
        guard let part = try cache.window(of: source, under: target) else { return false }
        if part.step > 1, resampling.readsOverviews, let overview = try file.reduced(by: part.step, resampling) {
            return try warped(overview, onto: target, into: buffer, wanted, missing)
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
                    wanted?.advanced(by: pixels.lowerBound),
                    missing
                )
                if !isThere { buffer[pixels].update(repeating: missing) }
                isPlaced = isPlaced || isThere
            }
            return isPlaced
        }
        // All others leave pixels without a value as they are.
        if resampling != .nearest { buffer.update(repeating: missing) }
        if resampling == .nearest || resampling == .bilinear && part.isFine {
            let isBilinear = resampling == .bilinear
            let map = try cache.map(from: source, to: target, isBilinear: isBilinear)
            let whole = PixelWindow(column: 0, row: 0, width: source.width, height: source.height)
            guard let frame = map.frame, let window = frame.intersection(whole) else { return false }
            let room = frame.pixelCount + SourceMap.stretch
            var pixels = [Element](unsafeUninitializedCapacity: room) { $1 = room }
            try pixels.withUnsafeMutableBufferPointer { pixels in
                guard let base = pixels.baseAddress else { return }
                if window != frame { pixels.update(repeating: missing) }
                let start = (window.row - frame.row) * frame.width + window.column - frame.column
                try file.read(window, into: base + start, stride: frame.width, outline: map.outline)
                let taken = UnsafeBufferPointer(pixels)
                if isBilinear {
                    map.mix(taken, into: buffer, wanted, missing: missing)
                } else {
                    map.gather(taken, into: buffer, wanted, missing: missing)
                }
            }
            return true
        }
        guard let lattice = try cache.lattice(from: source, to: target) else { return false }
        let window = part.window
        var pixels = [Element](unsafeUninitializedCapacity: window.pixelCount) { $1 = window.pixelCount }
        try pixels.withUnsafeMutableBufferPointer { pixels in
            guard let base = pixels.baseAddress else { return }
            try file.read(window, into: base, stride: window.width, outline: lattice.outline)
        }
        if resampling == .lanczos, !part.isFine {
            let kernel = LanczosReduction(span: part.span)
            kernel.reduce(pixels, window, missing: missing, lattice, into: buffer, wanted)
            return true
        }
        let result = try warp(
            pixels,
            from: part.geoBox,
            nodata: missing,
            onto: target,
            resampling: resampling,
            span: part.span,
            positions: lattice.positions(in: window)
        )
        guard let wanted else {
            _ = buffer.update(fromContentsOf: result)
            return true
        }
        for index in result.indices where wanted.pixels[index] { buffer[index] = result[index] }
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
