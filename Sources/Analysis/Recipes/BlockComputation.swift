public import Geo

/// The pixels that a recipe needs for one block.
public struct RecipeBlock: Sendable {
    /// Pixels of a row, with those around the block that neighbourhoods need.
    public let width: Int
    public let height: Int
    /// How many of these rows and columns lie outside of the block, on each side.
    public let halo: Int
    /// Of a pixel in metres.
    public let cellSize: XY<Double>
    /// The days of the planes of every series, the earliest first.
    public var dates: [SliceDate]
    /// Which pixels scenes show, where an output asks for that.
    public var observations: [Observation]
    /// What trends count their years from.
    public var begin: SliceDate
    /// Measurement of the series inputs → planes; every measurement has the same dates.
    public var series: [String: SampleSeries]
    /// Measurement of a static input → pixels, NaN for nodata.
    public var statics: [String: [Float]]

    public init(
        width: Int,
        height: Int,
        halo: Int = 0,
        cellSize: XY<Double> = XY(x: 1, y: 1),
        dates: [SliceDate],
        observations: [Observation] = [],
        begin: SliceDate? = nil,
        series: [String: SampleSeries],
        statics: [String: [Float]] = [:]
    ) {
        (self.width, self.height, self.halo, self.cellSize) = (width, height, halo, cellSize)
        (self.dates, self.observations) = (dates, observations)
        self.begin = begin ?? dates.first ?? SliceDate(days: 0)
        (self.series, self.statics) = (series, statics)
    }

    public var pixelCount: Int { width * height }
}

/// What one slice of time shows, whether a mask drops it or not.
public struct Observation: Sendable {
    public let date: SliceDate
    /// What the slice's input measures.
    public let measurements: Set<String>
    /// True for pixels with data.
    public let isSeen: [Bool]

    public init(date: SliceDate, measurements: Set<String>, isSeen: [Bool]) {
        (self.date, self.measurements, self.isSeen) = (date, measurements, isSeen)
    }
}

/// An output of a block: numbers and what they mean.
public struct OutputPlane: Sendable {
    /// Row by row, without the halo; NaN where there is none.
    public let values: [Double]
    /// `real value = value · scale + offset`.
    public let scale: Double
    public let offset: Double
    /// True where the numbers come from stored integers, not from real values that Float holds approximately.
    public let isExact: Bool

    public init(values: [Double], scale: Double, offset: Double, isExact: Bool) {
        (self.values, self.scale, self.offset, self.isExact) = (values, scale, offset, isExact)
    }
}

extension Recipe {
    /// The values of every output for one block, in the order of `outputs`, which must be expanded already.
    ///
    /// What several outputs share is worked out once: one sort gives all percentiles of a value.
    public func compute(_ block: RecipeBlock) -> [OutputPlane] {
        var computation = BlockComputation(block)
        let prepared = outputs.map { computation.prepare($0) }
        for output in prepared { computation.request(output) }
        return prepared.map { computation.plane($0) }
    }
}

/// The work on one block, with what is known already.
private struct BlockComputation {
    /// What statistics of one value over one period are worked out together for.
    private struct Subject: Hashable {
        let value: Expression
        let period: Period?
    }

    private struct Key: Hashable {
        let values: [Expression]
        let period: Period?
        let kind: Int
    }

    private var block: RecipeBlock
    private var neighbourhoods: [Expression: String] = [:]
    private var wanted: [Subject: [Statistic]] = [:]
    private var statistics: [Subject: [Statistic: [Double]]] = [:]
    private var bands: [Key: MultiBandResult] = [:]
    private var trends: [Key: LinearTrend] = [:]
    private var harmonics: [Key: HarmonicFit] = [:]
    private var spreads: Set<[Expression]> = []
    private var wantsTest = false
    private static let lanes = 128

    init(_ block: RecipeBlock) { self.block = block }

    // MARK: Neighbourhoods

    /// The output with functions of neighbours replaced by what they give.
    mutating func prepare(_ output: RecipeOutput) -> RecipeOutput {
        var output = output
        output.values = output.values.map { resolve($0) }
        if case .best(let quality) = output.reducer { output.reducer = .best(quality: resolve(quality)) }
        return output
    }

    private mutating func resolve(_ expression: Expression) -> Expression {
        switch expression {
        case .number, .name: return expression
        case .negate(let inner): return .negate(resolve(inner))
        case .not(let inner): return .not(resolve(inner))
        case .binary(let op, let left, let right): return .binary(op, resolve(left), resolve(right))
        case .call(let function, let arguments):
            let call = Expression.call(function, arguments.map { resolve($0) })
            guard function.needsNeighbours, case .call(_, let resolved) = call else { return call }
            if let name = neighbourhoods[call] { return .name(name) }
            let name = "#\(neighbourhoods.count)"
            neighbourhoods[call] = name
            materialise(function, resolved, as: name)
            return .name(name)
        }
    }

    private mutating func materialise(_ function: Expression.Function, _ arguments: [Expression], as name: String) {
        let numbers = arguments.dropFirst().map { argument -> Float in
            guard case .number(let number) = argument else { return 0 }
            return number
        }
        if arguments[0].names.allSatisfy({ block.statics[$0] != nil }) {
            let plane = staticValues(arguments[0])
            block.statics[name] = function.applyToNeighbours(plane, numbers, block)
            return
        }
        let formula = FormulaSource([arguments[0]], block, lanes: Self.lanes)
        let planes = block.dates.indices.map { date in
            function.applyToNeighbours(Self.plane(formula, date: date, count: block.pixelCount), numbers, block)
        }
        block.series[name] = SampleSeries(values: planes, pixelCount: block.pixelCount)
    }

    private static func plane(_ formula: FormulaSource, date: Int, count: Int) -> [Float] {
        var result = [Float](repeating: .nan, count: count)
        for first in stride(from: 0, to: count, by: lanes) {
            let length = min(lanes, count - first)
            formula.evaluate(date: date, first: first, count: length)
            let row = formula.result(0)
            for lane in 0..<length where abs(row[lane]) < .infinity { result[first + lane] = row[lane] }
        }
        return result
    }

    private func staticValues(_ value: Expression) -> [Float] {
        value.evaluate(count: block.pixelCount) { name in
            block.statics[name] ?? [Float](repeating: .nan, count: block.pixelCount)
        }
    }

    // MARK: Statistics of one value

    /// Notes which statistics an output needs.
    mutating func request(_ output: RecipeOutput) {
        if case .deviation = output.reducer { spreads.insert(output.values) }
        if case .trend(.pValue) = output.reducer { wantsTest = true }
        guard let reducer = output.reducer, !reducer.takesBandsTogether else { return }
        let subject = Subject(value: output.values[output.index], period: output.period)
        var needed: [Statistic] = output.minimumCount > 1 ? [.count] : []
        switch reducer {
        case .statistic(let statistic): needed.append(statistic)
        case .validFraction: needed.append(.count)
        case .dateOfMin: needed.append(.firstOfMin)
        case .dateOfMax: needed.append(.firstOfMax)
        default: break
        }
        for statistic in needed where !(wanted[subject] ?? []).contains(statistic) {
            wanted[subject, default: []].append(statistic)
        }
    }

    private func dates(in period: Period?) -> [Int] {
        guard let period else { return Array(block.dates.indices) }
        return block.dates.indices.filter { period.contains(block.dates[$0]) }
    }

    private mutating func results(_ subject: Subject) -> [Statistic: [Double]] {
        if let known = statistics[subject] { return known }
        let needed = wanted[subject] ?? []
        let dates = dates(in: subject.period)
        let planes: [[Double]]
        if dates.isEmpty {
            planes = SampleSeries.nothing(needed, block.pixelCount)
        } else if case .name(let name) = subject.value, let series = block.series[name] {
            planes = series.reduce(needed, dates: dates)
        } else {
            let formula = FormulaSource([subject.value], block, lanes: Self.lanes)
            planes = reduceReals(FormulaKeys(formula: formula), needed, dates: dates, pixelCount: block.pixelCount)
        }
        let found = Dictionary(uniqueKeysWithValues: zip(needed, planes))
        statistics[subject] = found
        return found
    }

    // MARK: Outputs

    mutating func plane(_ output: RecipeOutput) -> OutputPlane {
        guard let reducer = output.reducer else {
            return finish(staticValues(output.values[0]).map(Double.init), counts: nil, output)
        }
        let subject = Subject(value: output.values[output.index], period: output.period)
        let dates = dates(in: output.period)
        switch reducer {
        case .statistic(let statistic):
            let found = results(subject)
            let (scale, offset) = units(of: subject.value, statistic)
            return finish(found[statistic] ?? [], counts: found[.count], output, scale: scale, offset: offset)
        case .validFraction:
            let totals = observed(subject)
            let counts = results(subject)[.count] ?? []
            return finish(zip(counts, totals).map { $1 > 0 ? $0 / $1 : .nan }, counts: counts, output)
        case .dateOfMin(let form), .dateOfMax(let form):
            let found = results(subject)
            var isLargest = false
            if case .dateOfMax = reducer { isLargest = true }
            let numbers = found[isLargest ? .firstOfMax : .firstOfMin] ?? []
            let days = dates.map { form == .date ? Double(block.dates[$0].days) : Double(block.dates[$0].dayOfYear) }
            return finish(numbers.map { $0.isNaN ? .nan : days[Int($0)] }, counts: found[.count], output)
        case .best(let quality):
            let (values, counts) = best(subject.value, quality: quality, dates: dates)
            return finish(values, counts: counts, output)
        case .bands(let statistic):
            let found = bandResults(statistic, output, dates)
            return finish(found.bands[output.index], counts: found.counts, output)
        case .deviation(let deviation):
            let found = bandResults(.geometricMedian, output, dates)
            let values =
                switch deviation {
                case .emad: found.deviations?.euclidean
                case .smad: found.deviations?.spectral
                case .bcmad: found.deviations?.brayCurtis
                }
            return finish(values ?? [], counts: found.counts, output)
        case .trend(let part):
            let found = trend(subject, dates)
            let values =
                switch part {
                case .slope: found.slopes
                case .intercept: found.intercepts
                case .rSquared: found.rSquared
                case .pValue: found.pValues
                }
            return finish(values, counts: found.counts, output)
        case .harmonic(let part, let order):
            let found = harmonic(subject, order, dates)
            return finish(found.values(part), counts: found.counts, output)
        }
    }

    /// How many slices of the period that measure a value show each pixel.
    private func observed(_ subject: Subject) -> [Double] {
        let names = subject.value.names.filter { block.series[$0] != nil && $0 != Recipe.cloudDistance }
        var totals = [Double](repeating: 0, count: block.pixelCount)
        for observation in block.observations where names.isSubset(of: observation.measurements) {
            guard subject.period?.contains(observation.date) ?? true else { continue }
            for pixel in totals.indices where observation.isSeen[pixel] { totals[pixel] += 1 }
        }
        return totals
    }

    /// Drops pixels with too few values, and what lies outside of the block.
    private func finish(
        _ values: [Double],
        counts: [Double]?,
        _ output: RecipeOutput,
        scale: Double = 1,
        offset: Double = 0
    ) -> OutputPlane {
        var values = values
        if let counts, output.minimumCount > 1 {
            for index in values.indices where counts[index] < Double(output.minimumCount) { values[index] = .nan }
        }
        let isExact = isStored(output.values[output.index])
        guard block.halo > 0 else {
            return OutputPlane(values: values, scale: scale, offset: offset, isExact: isExact)
        }
        var inner: [Double] = []
        for row in block.halo..<block.height - block.halo {
            inner += values[row * block.width + block.halo..<(row + 1) * block.width - block.halo]
        }
        return OutputPlane(values: inner, scale: scale, offset: offset, isExact: isExact)
    }

    /// True for a plain measurement of integers.
    private func isStored(_ value: Expression) -> Bool {
        guard case .name(let name) = value, let series = block.series[name] else { return false }
        return !series.encoding.type.isFloat
    }

    /// How a statistic's numbers, in the units that samples are stored in, become real values.
    private func units(of value: Expression, _ statistic: Statistic) -> (scale: Double, offset: Double) {
        guard case .name(let name) = value, let series = block.series[name] else { return (1, 0) }
        let encoding = series.encoding
        switch statistic {
        case .count, .firstOfMin, .firstOfMax: return (1, 0)
        case .std, .range: return (abs(encoding.scaleFactor), 0)
        case .variance: return (encoding.scaleFactor * encoding.scaleFactor, 0)
        default: return (encoding.scaleFactor, encoding.addOffset)
        }
    }

    private func best(_ value: Expression, quality: Expression, dates: [Int]) -> (values: [Double], counts: [Double]) {
        let formula = FormulaSource([value, quality], block, lanes: Self.lanes)
        var values = [Double](repeating: .nan, count: block.pixelCount)
        var counts = [Double](repeating: 0, count: block.pixelCount)
        var qualities = [Float](repeating: -.infinity, count: block.pixelCount)
        for date in dates {
            for first in stride(from: 0, to: block.pixelCount, by: Self.lanes) {
                let count = min(Self.lanes, block.pixelCount - first)
                formula.evaluate(date: date, first: first, count: count)
                let (row, quality) = (formula.result(0), formula.result(1))
                for lane in 0..<count where abs(row[lane]) < .infinity && abs(quality[lane]) < .infinity {
                    counts[first + lane] += 1
                    guard quality[lane] > qualities[first + lane] else { continue }
                    (qualities[first + lane], values[first + lane]) = (quality[lane], Double(row[lane]))
                }
            }
        }
        return (values, counts)
    }

    private mutating func bandResults(
        _ statistic: MultiBandStatistic,
        _ output: RecipeOutput,
        _ dates: [Int]
    ) -> MultiBandResult {
        let key = Key(values: output.values, period: output.period, kind: statistic == .medoid ? 0 : 1)
        if let known = bands[key] { return known }
        let found = reduceBands(
            statistic,
            output.values,
            block,
            dates: dates,
            wantsDeviations: statistic == .geometricMedian && spreads.contains(output.values)
        )
        bands[key] = found
        return found
    }

    private mutating func trend(_ subject: Subject, _ dates: [Int]) -> LinearTrend {
        let key = Key(values: [subject.value], period: subject.period, kind: 0)
        if let known = trends[key] { return known }
        let years = dates.map { Double(block.dates[$0].days - block.begin.days) / 365.25 }
        let formula = FormulaSource([subject.value], block, lanes: Self.lanes)
        let found = LinearTrend(formula, dates: dates, years: years, lanes: Self.lanes, wantsTest: wantsTest)
        trends[key] = found
        return found
    }

    private mutating func harmonic(_ subject: Subject, _ order: Int, _ dates: [Int]) -> HarmonicFit {
        let key = Key(values: [subject.value], period: subject.period, kind: order)
        if let known = harmonics[key] { return known }
        let formula = FormulaSource([subject.value], block, lanes: Self.lanes)
        let days = dates.map { Double(block.dates[$0].days) }
        let found = HarmonicFit(formula, dates: dates, days: days, order: order, lanes: Self.lanes)
        harmonics[key] = found
        return found
    }
}

extension HarmonicFit {
    fileprivate func values(_ part: Reducer.Harmonic) -> [Double] {
        switch part {
        case .mean: coefficients[0]
        case .cosine(let k): coefficients[2 * k - 1]
        case .sine(let k): coefficients[2 * k]
        case .amplitude(let k):
            zip(coefficients[2 * k - 1], coefficients[2 * k]).map { ($0 * $0 + $1 * $1).squareRoot() }
        case .phase(let k): zip(coefficients[2 * k - 1], coefficients[2 * k]).map { phase($0, $1) }
        case .rmse: rmse
        }
    }
}
