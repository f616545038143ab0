/// What is computed from several bands at once: observations are vectors.
public enum MultiBandStatistic: Hashable, Sendable, CaseIterable {
    /// The observation with the least sum of distances to all others; the earliest of equal ones.
    case medoid
    /// The point with the least sum of distances to all observations.
    case geometricMedian
}

/// How far observations lie from the geometric median, each the median over time.
///
/// Source: Roberts, Dunn, Mueller (2018), "Open Data Cube products using high-dimensional statistics of time series":
/// equations 4 (Euclidean), 5 (spectral: 1 - cosine) and 6 (Bray-Curtis).
struct Deviations {
    var euclidean: [Double], spectral: [Double], brayCurtis: [Double]
}

/// Results of several bands: one plane a band, deviations where they were asked for, and the number of observations.
struct MultiBandResult {
    var bands: [[Double]]
    var deviations: Deviations?
    var counts: [Double]
}

/// Observations of eight neighbouring pixels at all dates; one with a missing band is none at all.
final class ObservationRun {
    typealias Lanes = SIMD8<Float>
    static let width = 8

    let bands: Int
    let dates: [Int]
    private let formula: FormulaSource
    /// Date by date, band by band; 0 where there is no observation.
    let values: UnsafeMutablePointer<Lanes>
    /// 1 for an observation, 0 for none, date by date.
    let valid: UnsafeMutablePointer<Lanes>
    /// A sum over dates for each pixel.
    private(set) var counts = Lanes()
    let scratch: UnsafeMutablePointer<Lanes>

    init(_ formula: FormulaSource, dates: [Int]) {
        (self.formula, self.dates, bands) = (formula, dates, formula.resultCount)
        values = .allocate(capacity: max(1, dates.count * bands))
        valid = .allocate(capacity: max(1, dates.count))
        scratch = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, dates.count) * MemoryLayout<Lanes>.stride,
            alignment: 64
        ).bindMemory(to: Lanes.self, capacity: max(1, dates.count))
    }

    deinit {
        values.deallocate()
        valid.deallocate()
        scratch.deallocate()
    }

    func load(first: Int, count: Int) {
        counts = Lanes()
        for (number, date) in dates.enumerated() {
            formula.evaluate(date: date, first: first, count: count)
            var isValid = SIMDMask<SIMD8<Int32>>(repeating: true)
            for band in 0..<bands {
                let row = formula.result(band)
                var lanes = Lanes(repeating: .nan)
                for lane in 0..<count { lanes[lane] = row[lane] }
                values[number * bands + band] = lanes
                // False for NaN and for what is infinite.
                isValid = isValid .& ((lanes - lanes) .== 0)
            }
            let weight = Lanes().replacing(with: 1, where: isValid)
            valid[number] = weight
            counts += weight
            for band in 0..<bands {
                let index = number * bands + band
                values[index] = Lanes().replacing(with: values[index], where: isValid)
            }
        }
    }

    /// The median over time of what `distance` says of each observation, NaN where there is none.
    func median(_ distance: (Int) -> Lanes, network: SortingNetwork) -> Lanes {
        for date in dates.indices {
            scratch[date] = Lanes(repeating: .infinity).replacing(with: distance(date), where: valid[date] .> 0)
        }
        let keys = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Float.self)
        Float.sort(keys, lanes: Self.width, by: network)
        var result = Lanes(repeating: .nan)
        for lane in 0..<Self.width where counts[lane] > 0 {
            let count = Int(counts[lane])
            let (low, high) = (keys[(count - 1) / 2 * Self.width + lane], keys[count / 2 * Self.width + lane])
            result[lane] = (low + high) / 2
        }
        return result
    }
}

/// Works through all pixels of a block.
///
/// - Parameters:
///   - statistic: Which point stands for all observations.
///   - formulas: One formula a band.
///   - block: The series and layers.
///   - dates: The numbers of the dates that take part.
///   - wantsDeviations: Computes the deviations from the geometric median too.
/// - Returns: Planes of `block.pixelCount` values, NaN where no observation has all bands.
func reduceBands(
    _ statistic: MultiBandStatistic,
    _ formulas: [Expression],
    _ block: RecipeBlock,
    dates: [Int],
    wantsDeviations: Bool
) -> MultiBandResult {
    let nothing = [Double](repeating: .nan, count: block.pixelCount)
    var result = MultiBandResult(bands: formulas.map { _ in nothing }, deviations: nil, counts: nothing)
    var deviations = Deviations(euclidean: nothing, spectral: nothing, brayCurtis: nothing)
    let width = ObservationRun.width
    let run = ObservationRun(FormulaSource(formulas, block, lanes: width), dates: dates)
    let network = SortingNetwork(count: dates.count)
    for first in stride(from: 0, to: block.pixelCount, by: width) {
        let count = min(width, block.pixelCount - first)
        run.load(first: first, count: count)
        let center = statistic == .medoid ? medoid(run) : geometricMedian(run)
        let spread = wantsDeviations ? run.deviations(from: center, network: network) : nil
        for lane in 0..<count {
            result.counts[first + lane] = Double(run.counts[lane])
            guard run.counts[lane] > 0 else { continue }
            for band in formulas.indices { result.bands[band][first + lane] = Double(center[band][lane]) }
            if let spread {
                deviations.euclidean[first + lane] = Double(spread.euclidean[lane])
                deviations.spectral[first + lane] = Double(spread.spectral[lane])
                deviations.brayCurtis[first + lane] = Double(spread.brayCurtis[lane])
            }
        }
    }
    if wantsDeviations { result.deviations = deviations }
    return result
}

extension ObservationRun {
    fileprivate func deviations(
        from center: [Lanes],
        network: SortingNetwork
    ) -> (euclidean: Lanes, spectral: Lanes, brayCurtis: Lanes) {
        let (bands, values) = (bands, values)
        let euclidean = median(
            { date in
                var sum = Lanes()
                for band in 0..<bands {
                    let difference = values[date * bands + band] - center[band]
                    sum += difference * difference
                }
                return sum.squareRoot()
            },
            network: network
        )
        var centerNorm = Lanes()
        for band in 0..<bands { centerNorm += center[band] * center[band] }
        let spectral = median(
            { date in
                // 1 - cos by half the squared distance of the unit vectors, which keeps its digits for small angles.
                var norm = Lanes()
                for band in 0..<bands {
                    let value = values[date * bands + band]
                    norm += value * value
                }
                let (a, b) = (1 / norm.squareRoot(), 1 / centerNorm.squareRoot())
                var sum = Lanes()
                for band in 0..<bands {
                    let difference = values[date * bands + band] * a - center[band] * b
                    sum += difference * difference
                }
                return sum / 2
            },
            network: network
        )
        let brayCurtis = median(
            { date in
                var (difference, total) = (Lanes(), Lanes())
                for band in 0..<bands {
                    let value = values[date * bands + band]
                    difference += (value - center[band]).magnitudes
                    total += (value + center[band]).magnitudes
                }
                return difference / total
            },
            network: network
        )
        return (euclidean, spectral, brayCurtis)
    }
}

extension SIMD8<Float> {
    @inline(__always) fileprivate var magnitudes: Self { replacing(with: -self, where: self .< 0) }
}

/// The geometric median of eight pixels by Weiszfeld's iteration with steps of one and a half.
///
/// Source: Weiszfeld (1937); where the point meets an observation, Vardi and Zhang (2000). Stops when no pixel moves by
/// more than a millionth of its length; a pixel that does not move stays, so that it does not depend on its neighbours.
private func geometricMedian(_ run: ObservationRun) -> [SIMD8<Float>] {
    typealias Lanes = SIMD8<Float>
    let (bands, values, valid, dates) = (run.bands, run.values, run.valid, run.dates.count)
    let divisor = Lanes(repeating: 1).replacing(with: run.counts, where: run.counts .> 0)
    var center = [Lanes](repeating: Lanes(), count: bands)
    var sums = center
    center.withUnsafeMutableBufferPointer { center in
        sums.withUnsafeMutableBufferPointer { sums in
            for date in 0..<dates {
                for band in 0..<bands { center[band] += values[date * bands + band] }
            }
            var length = Lanes()
            for band in 0..<bands {
                center[band] /= divisor
                length += center[band] * center[band]
            }
            // Nearer than this an observation counts as met.
            let near = (length * 1e-13).replacing(with: 1e-30, where: length .< 1e-17)
            var isMoving = SIMDMask<SIMD8<Int32>>(repeating: true)
            for _ in 0..<300 {
                for band in 0..<bands { sums[band] = Lanes() }
                var (weights, met) = (Lanes(), Lanes())
                for date in 0..<dates {
                    let row = values + date * bands
                    var distance = Lanes()
                    for band in 0..<bands {
                        let difference = row[band] - center[band]
                        distance += difference * difference
                    }
                    let isMet = distance .< near
                    var weight = valid[date] / distance.replacing(with: 1, where: isMet).squareRoot()
                    met += Lanes().replacing(with: valid[date], where: isMet)
                    weight.replace(with: 0, where: isMet)
                    weights += weight
                    for band in 0..<bands { sums[band] += weight * row[band] }
                }
                // The pull of the others, against that of the observations met.
                let total = weights.replacing(with: 1, where: weights .== 0)
                var pull = Lanes()
                for band in 0..<bands {
                    let force = sums[band] - weights * center[band]
                    pull += force * force
                    sums[band] = sums[band] / total - center[band]
                }
                let share = 1 - met / pull.squareRoot().replacing(with: 1e-30, where: pull .== 0)
                var step = share.replacing(with: 0, where: share .< 0)
                step.replace(with: 1.5, where: met .== 0)
                step.replace(with: 0, where: (weights .== 0) .| .!isMoving)
                var moved = Lanes()
                for band in 0..<bands {
                    let difference = sums[band] * step
                    center[band] += difference
                    moved += difference * difference
                }
                isMoving = moved .> length * 1e-12
                if !any(isMoving) { break }
            }
        }
    }
    return center
}

private func medoid(_ run: ObservationRun) -> [SIMD8<Float>] {
    typealias Lanes = SIMD8<Float>
    let (bands, values, valid, dates) = (run.bands, run.values, run.valid, run.dates.count)
    for date in 0..<dates { run.scratch[date] = Lanes() }
    for first in 0..<dates {
        for second in first + 1..<max(dates, first + 1) {
            var distance = Lanes()
            for band in 0..<bands {
                let difference = values[first * bands + band] - values[second * bands + band]
                distance += difference * difference
            }
            distance = distance.squareRoot() * valid[first] * valid[second]
            run.scratch[first] += distance
            run.scratch[second] += distance
        }
    }
    var best = Lanes(repeating: .infinity)
    var center = [Lanes](repeating: Lanes(), count: bands)
    for date in 0..<dates {
        let isBetter = (run.scratch[date] .< best) .& (valid[date] .> 0)
        best.replace(with: run.scratch[date], where: isBetter)
        for band in 0..<bands { center[band].replace(with: values[date * bands + band], where: isBetter) }
    }
    return center
}
