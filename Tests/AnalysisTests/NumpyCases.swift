import Analysis
import Documents
import Foundation
import Geo
import TestSupport

/// What `Tests/Python/reducers.py` wrote: seeded input and the numbers that numpy, scipy and hdstats make of it.
struct NumpyCases {
    struct Case {
        let folder: URL
        let document: DocumentValue

        var kind: String { document["kind"]?.string ?? "" }
        var dates: Int { document["dates"]?.integer ?? 0 }
        var pixels: Int { document["pixels"]?.integer ?? 0 }
        var nodata: Double { document["nodata"]?.double ?? .nan }
        var dtype: String { document["dtype"]?.string ?? "" }
        var label: String { "\(dtype), \(dates) dates" }
        var names: [String] { document["results"]?.object?.map(\.key) ?? [] }

        func result(_ name: String) throws -> [Double] {
            try read(document["results"]?[name]?.string ?? "", as: Double.self)
        }

        /// The planes of the input, one a date (and band).
        func input<Element: BitwiseCopyable>(as _: Element.Type) throws -> [[Element]] {
            let all = try read(document["input"]?.string ?? "", as: Element.self)
            return stride(from: 0, to: all.count, by: pixels).map { Array(all[$0..<$0 + pixels]) }
        }

        func series<Element: PixelElement>(_: Element.Type, scale: Double = 1) throws -> SampleSeries {
            let encoding = Encoding(type: Element.pixelType, nodata: nodata, scaleFactor: scale)
            var series = SampleSeries(pixelCount: pixels, encoding: encoding, capacity: dates)
            for plane in try input(as: Element.self) { series.append(plane) }
            return series
        }

        private func read<Element: BitwiseCopyable>(_ file: String, as _: Element.Type) throws -> [Element] {
            try Data(contentsOf: folder.appending(path: file)).withUnsafeBytes { bytes in
                (0..<bytes.count / MemoryLayout<Element>.stride).map {
                    bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
                }
            }
        }
    }

    let cases: [Case]
    let hasHdstats: Bool
    private let folder: TemporaryFolder

    /// Made once for all tests of the run.
    static let shared = Result { try NumpyCases() }

    private init() throws {
        folder = try TemporaryFolder()
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Python/reducers.py").standardized
        let made = try TestNumpy.run(file: script.path, [folder.path("")])
        guard made.status == 0 else { throw CocoaError(.featureUnsupported, userInfo: ["text": made.errors]) }
        let url = URL(fileURLWithPath: folder.path(""))
        let text = try String(contentsOf: url.appending(path: "manifest.json"), encoding: .utf8)
        let manifest = try JSONText.parse(text, origin: "manifest.json")
        cases = (manifest["cases"]?.array ?? []).map { Case(folder: url, document: $0) }
        hasHdstats = manifest["hdstats"]?.bool ?? false
    }

    static func of(_ kind: String) throws -> [Case] { try shared.get().cases.filter { $0.kind == kind } }
}

/// The largest difference between two planes, relative to the size of the numbers; infinite where one has a value only.
func difference(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    var worst = 0.0
    for (a, b) in zip(found, expected) {
        if a.isNaN, b.isNaN { continue }
        if a.isNaN || b.isNaN { return .infinity }
        worst = max(worst, abs(a - b) / max(1, abs(b)))
    }
    return worst
}
