/// Numbers as kernels sort them: all values in their order, and one that stands for "nothing" after all of them.
protocol SeriesKey: Comparable, BitwiseCopyable, Sendable {
    /// No value has this key.
    static var missing: Self { get }
    /// No value has a smaller key.
    static var lowest: Self { get }
    /// Sorts each lane: the rows of `keys` have `lanes` keys, a multiple of 32, and begin at a multiple of 64 bytes.
    static func sort(_ keys: UnsafeMutablePointer<Self>, lanes: Int, by network: SortingNetwork)
}

extension Int16: SeriesKey {
    @inline(__always) static var missing: Int16 { .max }
    @inline(__always) static var lowest: Int16 { .min }

    static func sort(_ keys: UnsafeMutablePointer<Int16>, lanes: Int, by network: SortingNetwork) {
        network.sort(keys, lanes: lanes) { (a: SIMD16, b: SIMD16) in
            let isWrong = b .< a
            return (a.replacing(with: b, where: isWrong), b.replacing(with: a, where: isWrong))
        }
    }
}

extension Float: SeriesKey {
    @inline(__always) static var missing: Float { .infinity }
    @inline(__always) static var lowest: Float { -.infinity }

    static func sort(_ keys: UnsafeMutablePointer<Float>, lanes: Int, by network: SortingNetwork) {
        network.sort(keys, lanes: lanes) { (a: SIMD8, b: SIMD8) in
            let isWrong = b .< a
            return (a.replacing(with: b, where: isWrong), b.replacing(with: a, where: isWrong))
        }
    }
}

extension Double: SeriesKey {
    @inline(__always) static var missing: Double { .infinity }
    @inline(__always) static var lowest: Double { -.infinity }

    static func sort(_ keys: UnsafeMutablePointer<Double>, lanes: Int, by network: SortingNetwork) {
        network.sort(keys, lanes: lanes) { (a: SIMD4, b: SIMD4) in
            let isWrong = b .< a
            return (a.replacing(with: b, where: isWrong), b.replacing(with: a, where: isWrong))
        }
    }
}

extension SortingNetwork {
    /// Sorts each lane of keys by vectors of 32 bytes, which AVX2 orders by one instruction each for the lower and the
    /// higher.
    ///
    /// - Parameters:
    ///   - keys: Row by row.
    ///   - lanes: Keys of a row.
    ///   - ordered: The lower and the higher keys of two vectors; of each type its own, because the operators of generic
    ///     vectors go lane by lane.
    @inline(__always)
    fileprivate func sort<Vector: SIMD>(
        _ keys: UnsafeMutablePointer<Vector.Scalar>,
        lanes: Int,
        _ ordered: (Vector, Vector) -> (Vector, Vector)
    ) {
        let vectors = UnsafeMutableRawPointer(keys).assumingMemoryBound(to: Vector.self)
        let rowLength = lanes / Vector.scalarCount
        for comparison in comparisons {
            let low = vectors + Int(comparison.low) &* rowLength
            let high = vectors + Int(comparison.high) &* rowLength
            for index in 0..<rowLength { (low[index], high[index]) = ordered(low[index], high[index]) }
        }
    }
}

/// How keys become the values that they stand for.
protocol KeyMap: Sendable {
    associatedtype Key: SeriesKey
    /// The value of a key that is not `missing`.
    func value(_ key: Key) -> Double
}

/// Sixteen-bit integers in signed order with nodata moved to the end: every other value keeps its place.
///
/// Above nodata all values move down by one, so that no value shares the key of nodata.
struct IntegerKeyMap: KeyMap {
    /// 32768 for unsigned samples, whose upper bit is flipped, else 0.
    let offset: Int32
    /// Nodata in signed order.
    let nodata: Int16

    init(_ nodata: UInt16) { (offset, self.nodata) = (32768, Int16(bitPattern: nodata ^ 0x8000)) }

    init(_ nodata: Int16) { (offset, self.nodata) = (0, nodata) }

    /// The key of a sample in signed order.
    @inline(__always)
    func key(_ ordered: Int16) -> Int16 {
        ordered == nodata ? .max : ordered > nodata ? ordered &- 1 : ordered
    }

    @inline(__always)
    func integer(_ key: Int16) -> Int32 { Int32(key >= nodata ? key &+ 1 : key) &+ offset }

    @inline(__always)
    func value(_ key: Int16) -> Double { Double(integer(key)) }
}

struct FloatKeyMap: KeyMap {
    @inline(__always) func value(_ key: Float) -> Double { Double(key) }
}

struct DoubleKeyMap: KeyMap {
    @inline(__always) func value(_ key: Double) -> Double { key }
}
