import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster

/// Which of several datasets is the best at a pixel, by a measurement of theirs.
struct QualityRanking: Sendable {
    private let measurement: Measurement
    private let rule: Rule

    private enum Rule {
        /// The earlier a test that holds, the better; none is the worst.
        case flags([BitTest])
        case least, most
    }

    /// Nil where the first dataset with a value counts.
    ///
    /// - Throws: `IndexError` that names the nearest measurement, flag or meaning where one is unknown.
    init?(_ fusing: Fusing, on product: Product) throws {
        switch fusing {
        case .firstValid: return nil
        case .flag(let name, let flag, let meanings):
            let found = try product.measurement(name)
            measurement = found
            rule = .flags(try meanings.map { try found.test(flag: flag, meaning: $0) })
        case .value(let name, let preference):
            measurement = try product.measurement(name)
            rule = preference == .least ? .least : .most
        }
    }

    /// For each pixel the number of the best dataset, the first of equal ones; -1 where no quality is known.
    func best(of datasets: [Dataset], onto target: GeoBox, _ cache: SourceCache) throws -> [Int16] {
        var best = [Int16](repeating: -1, count: target.pixelCount)
        var ranks = [Double](repeating: .infinity, count: target.pixelCount)
        func compare<Element: PixelElement>(_: Element.Type) throws {
            let reader = GridReader(measurement, resampling: .nearest, cache: cache)
            let missing = Element(nearest: measurement.nodata)
            for (number, dataset) in datasets.enumerated() {
                guard let samples = try reader.readFused(Element.self, [dataset], onto: target) else { continue }
                for pixel in samples.indices {
                    let sample = samples[pixel]
                    guard sample != missing, sample == sample else { continue }
                    let rank = rank(sample.real)
                    guard rank < ranks[pixel] else { continue }
                    (ranks[pixel], best[pixel]) = (rank, Int16(number))
                }
            }
        }
        try compare(measurement.dtype.elementType)
        return best
    }

    /// The smaller the better.
    private func rank(_ sample: Double) -> Double {
        switch rule {
        case .least: return sample
        case .most: return -sample
        case .flags(let tests):
            let bits = UInt64(bitPattern: Int64(exactly: sample) ?? 0)
            return Double(tests.firstIndex { $0.matches(bits) } ?? tests.count)
        }
    }
}
