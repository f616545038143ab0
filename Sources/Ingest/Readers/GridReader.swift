public import DatacubeIndex
public import Geo
public import Raster

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
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    public func readFused<Element: PixelElement>(
        _ type: Element.Type = Element.self,
        _ datasets: [Dataset],
        onto target: GeoBox
    ) throws -> [Element]? {
        let nodata = Element(nearest: measurement.nodata)
        var fused: [Element]?
        for dataset in datasets {
            guard let pixels = try read(type, dataset, onto: target) else { continue }
            guard var result = fused else {
                fused = pixels
                continue
            }
            for index in result.indices where isMissing(result[index], nodata) { result[index] = pixels[index] }
            fused = result
        }
        guard let fused, fused.contains(where: { !isMissing($0, nodata) }) else { return nil }
        return fused
    }

    /// The pixels of one dataset on a grid, in the product's units of storage; nil where they do not meet.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    func read<Element: PixelElement>(_ type: Element.Type, _ dataset: Dataset, onto target: GeoBox) throws -> [Element]?
    {
        guard let source = dataset.source(of: measurement.name) else {
            throw IngestError("dataset \(dataset.idText)", "has no location or no measurement '\(measurement.name)'")
        }
        let file = try cache.source(source, of: measurement.name, in: dataset)
        let nodata = Element(nearest: measurement.nodata)
        let sourceNodata = file.nodata.map { Element(nearest: $0) } ?? nodata
        let placed: [Element]?
        if let shift = try pasteShift(from: file.geoBox, to: target) {
            placed = try paste(file, shift, onto: target, missing: sourceNodata)
        } else {
            placed = try warped(file, onto: target, missing: sourceNodata)
        }
        guard var pixels = placed else { return nil }
        harmonise(&pixels, source: source, from: sourceNodata, to: nodata)
        return pixels
    }

    /// Where the target's first pixel lies in the source, nil where a warp is needed.
    ///
    /// Only for nearest: a shift of less than a pixel takes the source pixel under each target pixel's centre.
    private func pasteShift(from source: GeoBox, to target: GeoBox) throws -> (column: Int, row: Int)? {
        let (s, t) = (source.affine, target.affine)
        guard s.isAxisAligned, t.isAxisAligned, abs(s.a / t.a - 1) < 1e-9, abs(s.e / t.e - 1) < 1e-9,
            try CRSDescription.areSame(source.crs, target.crs)
        else { return nil }
        let (column, row) = ((t.c - s.c) / s.a, (t.f - s.f) / s.e)
        let isWhole = abs(column - column.rounded()) < 0.01 && abs(row - row.rounded()) < 0.01
        guard resampling == .nearest || isWhole else { return nil }
        return (Int((column + 0.5).rounded(.down)), Int((row + 0.5).rounded(.down)))
    }

    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    private func paste<Element: PixelElement>(
        _ file: any OpenSource,
        _ shift: (column: Int, row: Int),
        onto target: GeoBox,
        missing: Element
    ) throws -> [Element]? {
        let wanted = PixelWindow(column: shift.column, row: shift.row, width: target.width, height: target.height)
        let whole = PixelWindow(column: 0, row: 0, width: file.geoBox.width, height: file.geoBox.height)
        guard let window = wanted.intersection(whole) else { return nil }
        let pixels = try file.read(Element.self, window, width: window.width, height: window.height)
        if window == wanted { return pixels }
        var result = [Element](repeating: missing, count: target.pixelCount)
        for row in 0..<window.height {
            let to = (window.row - wanted.row + row) * target.width + window.column - wanted.column
            result.replaceSubrange(to..<to + window.width, with: pixels[row * window.width..<(row + 1) * window.width])
        }
        return result
    }

    private func warped<Element: PixelElement>(
        _ file: any OpenSource,
        onto target: GeoBox,
        missing: Element
    ) throws -> [Element]? {
        let source = file.geoBox
        guard let part = try cache.window(of: source, under: target) else { return nil }
        if resampling == .nearest, !part.isDecimated {
            let map = try cache.map(from: source, to: target)
            guard let window = map.window else { return nil }
            let pixels = try file.read(Element.self, window, width: window.width, height: window.height)
            return map.gather(pixels, missing: missing)
        }
        let window = part.window
        let pixels = try file.read(Element.self, window, width: part.width, height: part.height)
        return try warp(pixels, from: part.geoBox, nodata: missing, onto: target, resampling: resampling)
    }

    /// Brings scale, offset and nodata of a dataset to the product's.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    private func harmonise<Element: PixelElement>(
        _ pixels: inout [Element],
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
        let replacement = Element(nearest: measurement.nodata > 0 ? measurement.nodata - 1 : measurement.nodata + 1)
        for index in pixels.indices {
            guard !isMissing(pixels[index], sourceNodata) else {
                pixels[index] = nodata
                continue
            }
            let value = Element(nearest: pixels[index].real * factor + term)
            pixels[index] = value == nodata ? replacement : value
        }
    }

    private func isMissing<Element: PixelElement>(_ pixel: Element, _ nodata: Element) -> Bool {
        pixel == nodata || pixel != pixel
    }
}
