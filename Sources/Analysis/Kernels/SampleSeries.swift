public import Geo

/// The pixels of one variable over time, one plane after the other, as they are stored.
///
/// Samples stay integers of 16 bits where they come as such or smaller: nothing is widened that needs only to be scaled.
public struct SampleSeries: Sendable {
    /// The planes of all dates, `dateCount · pixelCount` samples.
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
        func empty<T>(_: T.Type) -> [T] {
            var samples: [T] = []
            samples.reserveCapacity(capacity * pixelCount)
            return samples
        }
        switch encoding.type {
        case .uint16: storage = .uint16(empty(UInt16.self))
        case .uint8, .int8, .int16: storage = .int16(empty(Int16.self))
        case .float32: storage = .float(empty(Float.self))
        case .int32, .uint32, .float64: storage = .double(empty(Double.self))
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
        precondition(plane.count == pixelCount && keep.map { $0.count == pixelCount } ?? true)
        dateCount += 1
        let missing = Element(nearest: encoding.nodata)
        switch storage {
        case .uint16(var samples):
            storage = .uint16([])
            if Element.self == UInt16.self {
                samples.append(unsafeBitCast(plane, to: [UInt16].self), keep, UInt16(nearest: encoding.nodata))
            } else {
                samples.append(contentsOf: plane.map { UInt16(nearest: $0.real) })
                samples.blank(keep, UInt16(nearest: encoding.nodata))
            }
            storage = .uint16(samples)
        case .int16(var samples):
            storage = .int16([])
            if Element.self == Int16.self {
                samples.append(unsafeBitCast(plane, to: [Int16].self), keep, Int16(nearest: encoding.nodata))
            } else {
                samples.append(contentsOf: plane.map { Int16(nearest: $0.real) })
                samples.blank(keep, Int16(nearest: encoding.nodata))
            }
            storage = .int16(samples)
        case .float(var samples):
            storage = .float([])
            samples.append(contentsOf: plane.map { $0 == missing ? .nan : $0.single })
            samples.blank(keep, .nan)
            storage = .float(samples)
        case .double(var samples):
            storage = .double([])
            samples.append(contentsOf: plane.map { $0 == missing ? .nan : $0.real })
            samples.blank(keep, .nan)
            storage = .double(samples)
        }
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

extension Array where Element: BitwiseCopyable {
    @inline(__always)
    fileprivate mutating func append(_ plane: [Element], _ keep: [Bool]?, _ missing: Element) {
        append(contentsOf: plane)
        blank(keep, missing)
    }

    /// Overwrites samples of the last plane.
    @inline(__always)
    fileprivate mutating func blank(_ keep: [Bool]?, _ missing: Element) {
        guard let keep else { return }
        let first = count - keep.count
        withUnsafeMutableBufferPointer { samples in
            for index in keep.indices { samples[first + index] = keep[index] ? samples[first + index] : missing }
        }
    }
}
