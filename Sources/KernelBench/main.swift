import Analysis
import Foundation
import Geo

/// Seeded pseudo-random numbers, the same everywhere.
struct Random {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}

func series(dates: Int, pixels: Int, seed: UInt64) -> SampleSeries {
    var random = Random(state: seed)
    var result = SampleSeries(pixelCount: pixels, encoding: Encoding(type: .uint16, nodata: 0), capacity: dates)
    for _ in 0..<dates {
        result.append((0..<pixels).map { _ in random.next() % 100 < 35 ? 0 : UInt16(random.next() % 9000 + 500) })
    }
    return result
}

let only = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
let pixels = 512 * 512
func time(_ name: String, _ work: Double, _ body: () -> Void) {
    guard only.isEmpty || name.contains(only) else { return }
    var best = Double.infinity
    for _ in 0..<5 {
        let start = clock()
        body()
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    print("\(name): \(Int(best * 1e9 / Double(pixels) * 10) / 10) ns/px, \(Int(work / best / 1e6 * 10) / 10) Mpx·band·date/s")
}

for dates in [6, 24, 46, 100, 300] {
    let cube = series(dates: dates, pixels: pixels, seed: 7)
    let work = Double(dates * pixels)
    time("median \(dates)", work) { _ = cube.reduce([.median]) }
    time("all \(dates)", work) { _ = cube.reduce([.quantile(0.1), .median, .quantile(0.9), .mean, .std, .min, .max]) }
    time("mean \(dates)", work) { _ = cube.reduce([.mean]) }
    time("std \(dates)", work) { _ = cube.reduce([.std]) }
    time("max \(dates)", work) { _ = cube.reduce([.max]) }
    time("argmax \(dates)", work) { _ = cube.reduce([.firstOfMax]) }
    time("first \(dates)", work) { _ = cube.reduce([.first]) }
}
