import Analysis
import Documents
import Geo
import TestSupport
import Testing

/// Expected numbers: numpy 2.4, scipy 1.17 and hdstats 0.2, by Tests/Python/reducers.py on seeded input with holes.
@Suite("Reducers against numpy", .enabled(if: TestNumpy.isAvailable, "SKIPPED: NUMPY CANNOT BE INSTALLED"))
struct NumpyTests {
    private static let statistics: [(name: String, statistic: Statistic)] = [
        ("mean", .mean), ("std", .std), ("var", .variance), ("min", .min), ("max", .max), ("sum", .sum),
        ("range", .range), ("first", .first), ("last", .last), ("argmin", .firstOfMin), ("argmax", .firstOfMax),
        ("count", .count), ("median", .median), ("p0", .quantile(0)), ("p2.5", .quantile(0.025)),
        ("p10", .quantile(0.1)), ("p25", .quantile(0.25)), ("p50", .quantile(0.5)), ("p90", .quantile(0.9)),
        ("p100", .quantile(1)),
    ]

    /// What rounding allows: order statistics of integers are exact.
    private func tolerance(_ name: String, _ type: PixelType) -> Double {
        switch name {
        case "std", "var": 2e-6
        case "mean", "sum": 1e-13
        default: name.hasPrefix("p") ? 1e-13 : 0
        }
    }

    private func check<Element: PixelElement>(_ type: Element.Type, _ example: NumpyCases.Case) throws {
        let series = try example.series(type)
        let together = series.reduce(Self.statistics.map(\.statistic))
        for (number, entry) in Self.statistics.enumerated() {
            let expected = try example.result(entry.name)
            let limit = tolerance(entry.name, Element.pixelType)
            let error = difference(together[number], expected)
            #expect(error <= limit, "\(entry.name) of \(example.label): \(error)")
            // Alone it goes another way: fewer comparisons, no sort.
            let alone = difference(series.reduce([entry.statistic])[0], expected)
            #expect(alone <= limit, "\(entry.name) alone of \(example.label): \(alone)")
        }
    }

    @Test func `statistics of every type and number of dates are numpy's`() throws {
        let cases = try NumpyCases.of("series")
        #expect(cases.count == 72)
        for example in cases {
            let type = try #require(PixelType(rawValue: example.dtype))
            func open<Element: PixelElement>(_ type: Element.Type) throws { try check(type, example) }
            try open(type.elementType)
        }
    }

    private func block(_ example: NumpyCases.Case, bands: [SampleSeries], days: [Int]? = nil) -> RecipeBlock {
        let dates = (days ?? Array(0..<example.dates)).map { SliceDate(days: $0) }
        let series = bands.enumerated().map { ("b\($0.offset)", $0.element) }
        return RecipeBlock(
            width: example.pixels,
            height: 1,
            dates: dates,
            series: Dictionary(uniqueKeysWithValues: series)
        )
    }

    private func outputs(_ names: [String], _ values: [String], order: Int = 1) throws -> Recipe {
        let outputs = try names.flatMap { name in
            let reducer = try #require(Reducer(name: name, order: order))
            return values.indices.map { index in
                RecipeOutput(
                    name: name + "\(index)",
                    values: reducer.takesBandsTogether ? values.map(Expression.name) : [.name(values[index])],
                    index: reducer.takesBandsTogether ? index : 0,
                    reducer: reducer,
                    encoding: .real
                )
            }
        }
        return Recipe(name: "test", inputs: [], outputs: outputs)
    }

    @Test func `geometric median, medoid and deviations are those of the published formulas`() throws {
        for example in try NumpyCases.of("bands") {
            let count = try #require(example.document["bands"]?.integer)
            let planes = try example.input(as: UInt16.self)
            let bands = (0..<count).map { band in
                var series = SampleSeries(pixelCount: example.pixels, encoding: Encoding(type: .uint16, nodata: 0))
                for date in 0..<example.dates { series.append(planes[band * example.dates + date]) }
                return series
            }
            let names = (0..<count).map { "b\($0)" }
            let recipe = try outputs(["geomedian", "medoid", "emad", "smad", "bcmad"], names)
            let found = recipe.compute(block(example, bands: bands)).map(\.values)
            for band in 0..<count {
                let median = try example.result("geomedian\(band)")
                // Numbers of up to 10,000: within a tenth of a digital number of the limit, and one of hdstats.
                let error = zip(found[band], median).map { abs($0 - $1) }.filter { !$0.isNaN }.max() ?? 0
                #expect(error < 0.1, "geomedian \(band) of \(example.label): \(error)")
                #expect(zip(found[band], median).allSatisfy { $0.isNaN == $1.isNaN })
                #expect(try difference(found[count + band], example.result("medoid\(band)")) == 0)
                guard example.names.contains("hdstats\(band)") else { continue }
                let theirs = try example.result("hdstats\(band)")
                let distance = zip(found[band], theirs).map { abs($0 - $1) }.filter { !$0.isNaN }.max() ?? 0
                #expect(distance < 1, "hdstats \(band) of \(example.label): \(distance)")
            }
            for (number, name) in ["emad", "smad", "bcmad"].enumerated() {
                let values = found[(2 + number) * count]
                let expected = try example.result(name)
                let error = zip(values, expected).map { abs($0 - $1) / max(abs($1), name == "emad" ? 1 : 1e-3) }
                #expect(error.filter { !$0.isNaN }.max() ?? 0 < 1e-3, "\(name) of \(example.label)")
                #expect(zip(values, expected).allSatisfy { $0.isNaN == $1.isNaN })
            }
        }
    }

    @Test func `trends are scipy's, harmonic fits those of numpy's least squares`() throws {
        for example in try NumpyCases.of("trend") {
            let days = try #require(example.document["days"]?.array).compactMap(\.integer)
            let series = try example.series(UInt16.self, scale: 0.0001)
            let names = ["slope", "intercept", "r2", "p_value"]
            let waves = ["mean", "cos1", "sin1", "cos2", "sin2", "rmse"].map { "harmonic_" + $0 }
            let block = block(example, bands: [series], days: days)
            let found = try outputs(names, ["b0"]).compute(block) + outputs(waves, ["b0"], order: 2).compute(block)
            for (name, plane) in zip(names + waves, found) {
                let error = difference(plane.values, try example.result(name))
                // Two points lie on a line: what scipy calls its r2 and p-value is rounding.
                let limit = name.hasPrefix("harmonic") ? 2e-2 : 2e-5
                #expect(error < limit, "\(name) of \(example.label): \(error)")
            }
        }
    }
}
