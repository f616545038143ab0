import Analysis
import Foundation
import Geo

// Times the kernels on one thread, in CPU seconds: KernelBench [TEXT] runs what has TEXT in its name.

/// Seeded pseudo-random numbers, the same everywhere.
struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}

/// Reflectances with a third missing; bands of one date are missing together.
func bands(_ count: Int, dates: Int, pixels: Int) -> [String: SampleSeries] {
    var random = Random(state: 7)
    let encoding = Encoding(type: .uint16, nodata: 0, scaleFactor: 0.0001)
    var result: [String: SampleSeries] = [:]
    for band in 0..<count { result["b\(band)"] = SampleSeries(pixelCount: pixels, encoding: encoding) }
    for _ in 0..<dates {
        let clear = (0..<pixels).map { _ in random.next() % 100 >= 35 }
        for band in 0..<count {
            result["b\(band)"]?.append(
                (0..<pixels).map { _ in UInt16(500 * (band + 2) + Int(random.next() % 800)) },
                keeping: clear
            )
        }
    }
    return result
}

func outputs(_ reducers: [String], _ values: [Analysis.Expression]) -> [RecipeOutput] {
    reducers.compactMap { Reducer(name: $0) }.flatMap { reducer in
        (reducer.takesBandsTogether ? Array(values.indices) : [0]).map { index in
            RecipeOutput(name: "x", values: values, index: index, reducer: reducer, encoding: .real)
        }
    }
}

func measure(_ name: String, dates: Int, bands count: Int, side: Int, _ outputs: [RecipeOutput]) {
    let only = CommandLine.arguments.dropFirst().first ?? ""
    guard only.isEmpty || name.contains(only) else { return }
    let block = RecipeBlock(
        width: side,
        height: side,
        dates: (0..<dates).map { SliceDate(days: $0 * 16) },
        series: bands(count, dates: dates, pixels: side * side)
    )
    let recipe = Recipe(name: "bench", inputs: [], outputs: outputs)
    var best = Double.infinity
    for _ in 0..<3 {
        let start = clock()
        _ = recipe.compute(block)
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    let pixels = Double(side * side)
    print(
        name.padding(toLength: 58, withPad: " ", startingAt: 0),
        String(
            format: "%8.1f ns/px %9.0f Mpx·band·date/s",
            best / pixels * 1e9,
            pixels * Double(dates * count) / best / 1e6
        )
    )
}

let b0 = Analysis.Expression.name("b0"), b1 = Analysis.Expression.name("b1")
let ndvi = Analysis.Expression.binary(.divide, .binary(.subtract, b1, b0), .binary(.add, b1, b0))
let six = (0..<6).map { Analysis.Expression.name("b\($0)") }
let all = ["p10", "p50", "p90", "mean", "std", "min", "max"]
for dates in [6, 24, 46, 100, 300] {
    measure("median, \(dates) dates", dates: dates, bands: 1, side: 512, outputs(["median"], [b0]))
}
measure("mean, 24 dates", dates: 24, bands: 1, side: 512, outputs(["mean"], [b0]))
measure("p10 p50 p90 mean std min max, 24 dates", dates: 24, bands: 1, side: 512, outputs(all, [b0]))
measure("NDVI: p10 p50 p90 mean std min max, 24 dates", dates: 24, bands: 2, side: 512, outputs(all, [ndvi]))
measure("geometric median, 6 bands, 24 dates", dates: 24, bands: 6, side: 128, outputs(["geomedian"], six))
measure(
    "geometric median and deviations, 6 bands, 24 dates",
    dates: 24,
    bands: 6,
    side: 128,
    outputs(["geomedian", "emad", "smad", "bcmad"], six)
)
measure("medoid, 6 bands, 24 dates", dates: 24, bands: 6, side: 128, outputs(["medoid"], six))
measure("trend, 24 dates", dates: 24, bands: 1, side: 256, outputs(["slope"], [b0]))
