/// The work on one run of neighbouring pixels after the other: load, count, sum, sort, pick.
struct SeriesReduction<Map: KeyMap>: ~Copyable {
    typealias Key = Map.Key

    let plan: StatisticPlan
    /// One array for each statistic, pixel by pixel.
    let results: [[Double]]
    /// Where these are written: nobody else has them while this exists.
    private let planes: [UnsafeMutablePointer<Double>]
    private let map: Map
    private let dateCount: Int
    private let pixelCount: Int
    /// Pixels of a run: a multiple of every vector's width.
    private let lanes: Int
    /// Keys of the run, date by date.
    private let keys: UnsafeMutablePointer<Key>
    private let counts: UnsafeMutablePointer<Int32>
    private let sums: UnsafeMutablePointer<Double>
    private let squares: UnsafeMutablePointer<Double>
    private let centers: UnsafeMutablePointer<Int32>
    private let integerSums: UnsafeMutablePointer<Int32>
    private let floatSquares: UnsafeMutablePointer<Float>
    private let lowest: UnsafeMutablePointer<Key>
    private let highest: UnsafeMutablePointer<Key>

    init(_ map: Map, _ statistics: [Statistic], dateCount: Int, pixelCount: Int) {
        plan = StatisticPlan(statistics, dateCount: dateCount)
        (self.map, self.dateCount, self.pixelCount) = (map, dateCount, pixelCount)
        // The run shall stay in the first-level cache while it is sorted.
        let room = 24 << 10
        let fitting = room / (max(dateCount, 1) * MemoryLayout<Key>.size)
        lanes = fitting >= 128 ? 128 : fitting >= 64 ? 64 : 32
        var results = statistics.map { _ in
            [Double](unsafeUninitializedCapacity: pixelCount) { $1 = pixelCount }
        }
        planes = results.indices.map { number in
            results[number].withUnsafeMutableBufferPointer { $0.baseAddress ?? .allocate(capacity: 0) }
        }
        self.results = results
        keys = UnsafeMutableRawPointer.allocate(
            byteCount: max(dateCount, 1) * lanes * MemoryLayout<Key>.stride,
            alignment: 64
        ).bindMemory(to: Key.self, capacity: max(dateCount, 1) * lanes)
        counts = .allocate(capacity: lanes)
        sums = .allocate(capacity: lanes)
        squares = .allocate(capacity: lanes)
        centers = .allocate(capacity: lanes)
        integerSums = .allocate(capacity: lanes)
        floatSquares = .allocate(capacity: lanes)
        lowest = .allocate(capacity: lanes)
        highest = .allocate(capacity: lanes)
    }

    deinit {
        keys.deallocate()
        counts.deallocate()
        sums.deallocate()
        squares.deallocate()
        centers.deallocate()
        integerSums.deallocate()
        floatSquares.deallocate()
        lowest.deallocate()
        highest.deallocate()
    }

    /// Loads run after run and hands each to `work` with its first pixel and how many there are.
    @inline(__always)
    func run<Source: ChunkSource>(
        _ source: Source,
        dates: [Int],
        _ work: (borrowing SeriesReduction, Int, Int) -> Void
    ) where Source.Map == Map {
        for first in stride(from: 0, to: pixelCount, by: lanes) {
            let count = min(lanes, pixelCount - first)
            for (number, date) in dates.enumerated() {
                let row = keys + number * lanes
                source.load(date: date, first: first, count: count, into: row)
                for lane in count..<lanes { row[lane] = Key.missing }
            }
            countValues()
            work(self, first, count)
        }
    }

    private func countValues() {
        let (counts, lanes) = (counts, lanes)
        for lane in 0..<lanes { counts[lane] = 0 }
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes { counts[lane] &+= row[lane] == Key.missing ? 0 : 1 }
        }
    }

    /// Sums in Double, two passes for the variance so that large values with small differences keep their digits.
    @inline(__always)
    func sumReals() {
        let (sums, squares, counts, lanes) = (sums, squares, counts, lanes)
        for lane in 0..<lanes { sums[lane] = 0 }
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes { sums[lane] += row[lane] == Key.missing ? 0 : map.value(row[lane]) }
        }
        guard plan.needsVariance else { return }
        for lane in 0..<lanes {
            squares[lane] = 0
            sums[lane] = counts[lane] == 0 ? 0 : sums[lane] / Double(counts[lane])
        }
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes {
                let difference = map.value(row[lane]) - sums[lane]
                squares[lane] += row[lane] == Key.missing ? 0 : difference * difference
            }
        }
        for lane in 0..<lanes {
            squares[lane] /= Double(counts[lane])
            sums[lane] *= Double(counts[lane])
        }
    }

    // MARK: Results

    /// Writes the results of `count` pixels from `first` on; the keys are sorted meanwhile.
    @inline(__always)
    func finish(first: Int, count: Int) {
        // What depends on the order of dates comes before sorting.
        for (number, statistic) in plan.statistics.enumerated() {
            switch statistic {
            case .first: pickFirst(number, first, count, step: 1)
            case .last: pickFirst(number, first, count, step: -1)
            case .firstOfMin: pickDate(number, first, count, largest: false)
            case .firstOfMax: pickDate(number, first, count, largest: true)
            default: break
            }
        }
        if plan.needsExtremes { findExtremes() }
        if plan.isSorted { sort() }
        let (counts, sums, squares, map) = (counts, sums, squares, map)
        let (lowest, highest) = (lowest, highest)
        var quantile = 0
        for (number, statistic) in plan.statistics.enumerated() {
            switch statistic {
            case .count: write(number, first, count) { Double(counts[$0]) }
            case .sum: writeValid(number, first, count) { sums[$0] }
            case .mean: writeValid(number, first, count) { sums[$0] / Double(counts[$0]) }
            case .variance: writeValid(number, first, count) { squares[$0] }
            case .std: writeValid(number, first, count) { squares[$0].squareRoot() }
            case .min: writeValid(number, first, count) { map.value(lowest[$0]) }
            case .max: writeValid(number, first, count) { map.value(highest[$0]) }
            case .range: writeValid(number, first, count) { map.value(highest[$0]) - map.value(lowest[$0]) }
            case .quantile:
                pickQuantile(number, first, count, table: plan.positions[quantile])
                quantile += 1
            default: break
            }
        }
    }

    @inline(__always)
    private func write(_ number: Int, _ first: Int, _ count: Int, _ value: (Int) -> Double) {
        let result = planes[number] + first
        for lane in 0..<count { result[lane] = value(lane) }
    }

    @inline(__always)
    private func writeValid(_ number: Int, _ first: Int, _ count: Int, _ value: (Int) -> Double) {
        write(number, first, count) { counts[$0] == 0 ? .nan : value($0) }
    }

    @inline(__always)
    private func pickQuantile(
        _ number: Int,
        _ first: Int,
        _ count: Int,
        table: [QuantilePosition]
    ) {
        let (keys, counts, lanes, map) = (keys, counts, lanes, map)
        table.withUnsafeBufferPointer { table in
            write(number, first, count) { lane in
                let place = table[Int(counts[lane])]
                let column = keys + lane
                let step = map.value(column[place.upper * lanes]) - map.value(column[place.lower * lanes])
                return map.value(column[place.base * lanes]) + step * place.weight
            }
        }
    }

    private func pickFirst(_ number: Int, _ first: Int, _ count: Int, step: Int) {
        let (keys, lanes, map, dateCount) = (keys, lanes, map, dateCount)
        write(number, first, count) { lane in
            var date = step > 0 ? 0 : dateCount - 1
            while date >= 0, date < dateCount {
                let key = keys[date * lanes + lane]
                if key != Key.missing { return map.value(key) }
                date += step
            }
            return .nan
        }
    }

    private func pickDate(_ number: Int, _ first: Int, _ count: Int, largest: Bool) {
        let (keys, lanes, dateCount) = (keys, lanes, dateCount)
        write(number, first, count) { lane in
            var (best, found) = (Key.missing, -1)
            for date in 0..<dateCount {
                let key = keys[date * lanes + lane]
                guard key != Key.missing, found < 0 || (largest ? key > best : key < best) else { continue }
                (best, found) = (key, date)
            }
            return found < 0 ? .nan : Double(found)
        }
    }

    /// The smallest and largest key of each pixel.
    @inline(__always)
    private func findExtremes() {
        let (lowest, highest, lanes) = (lowest, highest, lanes)
        for lane in 0..<lanes { (lowest[lane], highest[lane]) = (Key.missing, Key.lowest) }
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes {
                let key = row[lane]
                let low = lowest[lane]
                lowest[lane] = key < low ? key : low
            }
            for lane in 0..<lanes {
                let key = row[lane] == Key.missing ? Key.lowest : row[lane]
                let high = highest[lane]
                highest[lane] = high < key ? key : high
            }
        }
    }

    // MARK: Sorting

    @inline(__always)
    private func sort() {
        if let network = plan.network {
            Key.sort(keys, lanes: lanes, by: network)
        } else if dateCount > 1 {
            sortEach()
        }
    }

    /// Pixel by pixel, for more dates than a network pays for.
    private func sortEach() {
        var values: [Key] = []
        values.reserveCapacity(dateCount)
        for lane in 0..<lanes where counts[lane] > 1 || (counts[lane] == 1 && dateCount > 1) {
            values.removeAll(keepingCapacity: true)
            for date in 0..<dateCount { values.append(keys[date * lanes + lane]) }
            values.sort()
            for date in 0..<dateCount { keys[date * lanes + lane] = values[date] }
        }
    }
}

extension SeriesReduction where Map == IntegerKeyMap {
    /// Exact sums of integers; the variance from differences to the rounded mean, which Float holds exactly.
    @inline(__always)
    func sumIntegers(map: IntegerKeyMap) {
        let (integerSums, sums, counts, lanes) = (integerSums, sums, counts, lanes)
        for lane in 0..<lanes { integerSums[lane] = 0 }
        // Without the offset of unsigned samples, so that 65,536 dates fit.
        let signed = IntegerKeyMap(map.nodata)
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes { integerSums[lane] &+= row[lane] == .max ? 0 : signed.integer(row[lane]) }
        }
        for lane in 0..<lanes {
            sums[lane] = Double(integerSums[lane]) + Double(map.offset) * Double(counts[lane])
        }
        guard plan.needsVariance else { return }
        let (centers, floatSquares, squares) = (centers, floatSquares, squares)
        for lane in 0..<lanes {
            floatSquares[lane] = 0
            let mean = counts[lane] == 0 ? 0 : Double(integerSums[lane]) / Double(counts[lane])
            centers[lane] = Int32(mean.rounded())
        }
        for date in 0..<dateCount {
            let row = keys + date * lanes
            for lane in 0..<lanes {
                let difference = row[lane] == .max ? 0 : Float(signed.integer(row[lane]) &- centers[lane])
                floatSquares[lane] += difference * difference
            }
        }
        for lane in 0..<lanes {
            let mean = Double(integerSums[lane]) / Double(counts[lane])
            let shift = mean - Double(centers[lane])
            squares[lane] = Swift.max(0, Double(floatSquares[lane]) / Double(counts[lane]) - shift * shift)
        }
    }
}
