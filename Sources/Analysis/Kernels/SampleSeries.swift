public import Geo

/// The pixels of one variable over time, one plane after the other, as they are stored.
///
/// Samples stay integers of 16 bits where they come as such or smaller: nothing is widened that needs only to be scaled.
public struct SampleSeries: Sendable {
    /// The planes of all dates: the first `dateCount · pixelCount` samples, then room for further ones.
    public enum Storage: Sendable {
        case uint16([UInt16]), int16([Int16]), float([Float]), double([Double])
    }

    public let pixelCount: Int
    /// What stored samples mean; NaN is nodata too in floats.
    public let encoding: Encoding
    public private(set) var dateCount = 0
    public private(set) var storage: Storage

    /// An empty series.
    ///
    /// - Parameters:
    ///   - pixelCount: Pixels of each plane.
    ///   - encoding: Of the planes that will be appended. 8-bit integers are held as Int16, 32-bit ones as Double.
    ///   - capacity: Dates to make room for.
    public init(pixelCount: Int, encoding: Encoding, capacity: Int = 0) {
        self.pixelCount = pixelCount
        self.encoding = encoding
        func empty<T: BitwiseCopyable>(_: T.Type) -> [T] {
            // Memory that nobody writes costs nothing.
            [T](unsafeUninitializedCapacity: capacity * pixelCount) { $1 = capacity * pixelCount }
        }
        switch encoding.type {
        case .uint16: storage = .uint16(empty(UInt16.self))
        case .uint8, .int8, .int16: storage = .int16(empty(Int16.self))
        case .float32: storage = .float(empty(Float.self))
        case .int32, .uint32, .float64: storage = .double(empty(Double.self))
        }
    }

    /// What samples are held as.
    private var storedType: PixelType {
        switch storage {
        case .uint16: .uint16
        case .int16: .int16
        case .float: .float32
        case .double: .float64
        }
    }

    /// Real values, NaN for nodata, one array a date.
    public init(values: [[Float]], pixelCount: Int) {
        self.init(pixelCount: pixelCount, encoding: .real, capacity: values.count)
        for plane in values { append(plane) }
    }

    /// Adds the plane of the next date.
    ///
    /// - Parameters:
    ///   - plane: `pixelCount` samples in the series' encoding.
    ///   - keep: False for pixels that become nodata.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Float)
    public mutating func append<Element: PixelElement>(_ plane: [Element], keeping keep: [Bool]? = nil) {
        precondition(plane.count == pixelCount)
        let missing = Element(nearest: encoding.nodata)
        switch storage {
        case .uint16: append(UInt16.self, keeping: keep) { $0.set(plane) { UInt16(nearest: $0.real) } }
        case .int16: append(Int16.self, keeping: keep) { $0.set(plane) { Int16(nearest: $0.real) } }
        case .float: append(Float.self, keeping: keep) { $0.set(plane) { $0 == missing ? .nan : $0.single } }
        case .double: append(Double.self, keeping: keep) { $0.set(plane) { $0 == missing ? .nan : $0.real } }
        }
    }

    /// Adds the plane of the next date, which is written in place where samples are held as they are stored.
    ///
    /// - `keep`: False for pixels that become nodata.
    /// - `fill`: Writes `pixelCount` samples in the series' encoding; false where there are none, and no date is added.
    @discardableResult
    public mutating func append<Element: PixelElement, Failure: Error>(
        _: Element.Type,
        keeping keep: [Bool]? = nil,
        _ fill: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        precondition(keep.map { $0.count == pixelCount } ?? true)
        let range = dateCount * pixelCount..<(dateCount + 1) * pixelCount
        guard Element.pixelType == storedType else {
            var plane = [Element](repeating: 0, count: pixelCount)
            guard try plane.withUnsafeMutableBufferPointer({ place throws(Failure) in try fill(place) }) else {
                return false
            }
            append(plane, keeping: keep)
            return true
        }
        let nodata = encoding.nodata
        let isAdded: Bool
        switch storage {
        case .uint16(var samples):
            storage = .uint16([])
            defer { storage = .uint16(samples) }
            isAdded = try samples.fill(range, keep, UInt16(nearest: nodata), fill)
        case .int16(var samples):
            storage = .int16([])
            defer { storage = .int16(samples) }
            isAdded = try samples.fill(range, keep, Int16(nearest: nodata), fill)
        case .float(var samples):
            storage = .float([])
            defer { storage = .float(samples) }
            isAdded = try samples.fill(range, keep, .nan, fill)
            if isAdded, !nodata.isNaN { samples.replace(Float(nodata), by: .nan, in: range) }
        case .double(var samples):
            storage = .double([])
            defer { storage = .double(samples) }
            isAdded = try samples.fill(range, keep, .nan, fill)
            if isAdded, !nodata.isNaN { samples.replace(nodata, by: .nan, in: range) }
        }
        if isAdded { dateCount += 1 }
        return isAdded
    }

    /// Adds a date without any value.
    public mutating func appendMissing() {
        append([Double](repeating: encoding.nodata.isNaN ? .nan : encoding.nodata, count: pixelCount))
    }

    /// The real values of one date; NaN for nodata.
    public func values(date: Int) -> [Float] {
        let range = date * pixelCount..<(date + 1) * pixelCount
        let (scale, offset) = (Float(encoding.scaleFactor), Float(encoding.addOffset))
        func decode<Element: PixelElement>(_ samples: [Element]) -> [Float] {
            let missing = Element(nearest: encoding.nodata)
            return samples[range].map { $0 == missing ? .nan : $0.single * scale + offset }
        }
        return switch storage {
        case .uint16(let samples): decode(samples)
        case .int16(let samples): decode(samples)
        case .float(let samples): decode(samples)
        case .double(let samples): decode(samples)
        }
    }
}

extension Encoding {
    /// Real values as Float, NaN for nodata.
    public static let real = Encoding(type: .float32, nodata: .nan)
}

extension UnsafeMutableBufferPointer where Element: PixelElement {
    @inline(__always)
    fileprivate func set<Other>(_ samples: [Other], _ convert: (Other) -> Element) -> Bool {
        for index in samples.indices { self[index] = convert(samples[index]) }
        return true
    }

    /// Overwrites the samples that are not kept.
    @inline(__always)
    fileprivate func blank(_ keep: [Bool]?, _ missing: Element) {
        guard let keep, let samples = baseAddress else { return }
        keep.withUnsafeBufferPointer { keep in
            guard let kept = keep.baseAddress else { return }
            for index in 0..<keep.count {
                let sample = samples[index]
                samples[index] = kept[index] ? sample : missing
            }
        }
    }
}

extension Array where Element: PixelElement {
    /// Lets a plane be written; `Sample` is `Element`.
    @inline(__always)
    fileprivate mutating func fill<Sample: PixelElement, Failure: Error>(
        _ range: Range<Int>,
        _ keep: [Bool]?,
        _ missing: Element,
        _ fill: (UnsafeMutableBufferPointer<Sample>) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        if count < range.upperBound { append(contentsOf: repeatElement(missing, count: range.upperBound - count)) }
        return try withUnsafeMutableBufferPointer { samples throws(Failure) in
            let plane = UnsafeMutableBufferPointer(rebasing: samples[range])
            guard try fill(UnsafeMutableRawBufferPointer(plane).assumingMemoryBound(to: Sample.self)) else {
                return false
            }
            plane.blank(keep, missing)
            return true
        }
    }

    @inline(__always)
    fileprivate mutating func replace(_ value: Element, by other: Element, in range: Range<Int>) {
        withUnsafeMutableBufferPointer { samples in
            for index in range where samples[index] == value { samples[index] = other }
        }
    }
}
