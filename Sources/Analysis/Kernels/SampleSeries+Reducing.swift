import Geo

extension SampleSeries {
    /// Statistics of every pixel over some dates, all from one pass over the samples.
    ///
    /// Runs of neighbouring pixels are worked through in the processor's cache. Results do not depend on how many
    /// threads work on other series.
    ///
    /// - Parameters:
    ///   - statistics: What is wanted.
    ///   - dates: The numbers of the dates that take part, ascending; all without it.
    /// - Returns: One array for each statistic, in units of storage (no scale, no offset); NaN where a pixel has no
    ///   value, where `count` is 0.
    public func reduce(_ statistics: [Statistic], dates: [Int]? = nil) -> [[Double]] {
        let dates = dates ?? Array(0..<dateCount)
        switch storage {
        case .uint16(let samples):
            return samples.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return Self.nothing(statistics, pixelCount) }
                let map = IntegerKeyMap(UInt16(nearest: encoding.nodata))
                let source = UInt16Source(samples: base, pixelCount: pixelCount, map: map)
                return reduceIntegers(source, statistics, dates: dates, pixelCount: pixelCount)
            }
        case .int16(let samples):
            return samples.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return Self.nothing(statistics, pixelCount) }
                let map = IntegerKeyMap(Int16(nearest: encoding.nodata))
                let source = Int16Source(samples: base, pixelCount: pixelCount, map: map)
                return reduceIntegers(source, statistics, dates: dates, pixelCount: pixelCount)
            }
        case .float(let samples):
            return samples.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return Self.nothing(statistics, pixelCount) }
                let source = FloatSource(samples: base, pixelCount: pixelCount)
                return reduceReals(source, statistics, dates: dates, pixelCount: pixelCount)
            }
        case .double(let samples):
            return samples.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return Self.nothing(statistics, pixelCount) }
                let source = DoubleSource(samples: base, pixelCount: pixelCount)
                return reduceReals(source, statistics, dates: dates, pixelCount: pixelCount)
            }
        }
    }

    /// The results of a series without dates.
    static func nothing(_ statistics: [Statistic], _ pixelCount: Int) -> [[Double]] {
        statistics.map { [Double](repeating: $0 == .count ? 0 : .nan, count: pixelCount) }
    }
}

@inline(__always)
func reduceIntegers<Source: ChunkSource>(
    _ source: Source,
    _ statistics: [Statistic],
    dates: [Int],
    pixelCount: Int
) -> [[Double]] where Source.Map == IntegerKeyMap {
    let reduction = SeriesReduction(source.map, statistics, dateCount: dates.count, pixelCount: pixelCount)
    reduction.run(source, dates: dates) { reduction, first, count in
        if reduction.plan.needsSum { reduction.sumIntegers(map: source.map) }
        reduction.finish(first: first, count: count)
    }
    return reduction.results
}

@inline(__always)
func reduceReals<Source: ChunkSource>(
    _ source: Source,
    _ statistics: [Statistic],
    dates: [Int],
    pixelCount: Int
) -> [[Double]] {
    let reduction = SeriesReduction(source.map, statistics, dateCount: dates.count, pixelCount: pixelCount)
    reduction.run(source, dates: dates) { reduction, first, count in
        if reduction.plan.needsSum { reduction.sumReals() }
        reduction.finish(first: first, count: count)
    }
    return reduction.results
}
