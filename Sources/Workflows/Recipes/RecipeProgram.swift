import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster
import Synchronization

/// Computes the outputs of a recipe for a tile, block by block.
struct RecipeProgram: TileProgram {
    /// A measurement to read, and what its samples mean.
    struct Band: Sendable {
        let name: String
        let measurement: Measurement
        let resampling: Resampling
    }

    /// The samples of a measurement that a mask keeps: those that pass one test of each rule.
    struct Mask: Sendable {
        let measurement: Measurement
        let rules: [[BitTest]]
    }

    let recipe: Recipe
    let bands: [Band]
    let masks: [Mask]
    /// The datasets of each slice of time, the earliest slice first, each in the order of laying over.
    let slices: [[Dataset]]
    let staticBands: [(band: Band, datasets: [Dataset])]

    func run(_ window: PixelWindow, of geoBox: GeoBox, into output: inout ComputedBlock, cache: SourceCache) throws {
        let target = geoBox.cropped(to: window)
        let count = window.pixelCount
        var series = Dictionary(uniqueKeysWithValues: bands.map { ($0.name, [[Float]]()) })
        for slice in slices {
            guard let planes = try read(slice, onto: target, cache) else { continue }
            for (band, values) in zip(bands, planes) { series[band.name]?.append(values) }
        }
        var statics: [String: [Float]] = [:]
        for (band, datasets) in staticBands {
            let values = try read(band, datasets, onto: target, cache)
            statics[band.name] = values ?? [Float](repeating: .nan, count: count)
        }
        let block = RecipeBlock(pixelCount: count, series: series, statics: statics)
        for (measurement, values) in zip(recipe.outputs, recipe.compute(block)) {
            guard values.contains(where: { !$0.isNaN }) else { continue }
            func store<Element: PixelElement>(_: Element.Type) {
                let pixels = measurement.encoding.encode(values, as: Element.self)
                output.add(pixels, variable: measurement.name, window: window)
            }
            store(measurement.encoding.type.elementType)
        }
    }

    /// The real values of all bands of one slice, masked; nil where nothing is left of it.
    private func read(_ slice: [Dataset], onto target: GeoBox, _ cache: SourceCache) throws -> [[Float]]? {
        let keep = try keep(slice, onto: target, cache)
        guard keep.contains(true) else { return nil }
        var hasData = false
        let planes = try bands.map { band in
            guard var values = try read(band, slice, onto: target, cache) else {
                return [Float](repeating: .nan, count: target.pixelCount)
            }
            for index in values.indices where !keep[index] { values[index] = .nan }
            hasData = true
            return values
        }
        return hasData ? planes : nil
    }

    /// The real values of one band; nil where no dataset has any.
    private func read(_ band: Band, _ datasets: [Dataset], onto target: GeoBox, _ cache: SourceCache) throws -> [Float]?
    {
        let encoding = Encoding(
            type: band.measurement.dtype,
            nodata: band.measurement.nodata,
            scaleFactor: band.measurement.scaleFactor ?? 1,
            addOffset: band.measurement.addOffset ?? 0
        )
        func values<Element: PixelElement>(_: Element.Type) throws -> [Float]? {
            try GridReader(band.measurement, resampling: band.resampling, cache: cache)
                .readFused(Element.self, datasets, onto: target)
                .map(encoding.decode)
        }
        return try values(band.measurement.dtype.elementType)
    }

    /// Which pixels of a slice the masks keep.
    func keep(_ slice: [Dataset], onto target: GeoBox, _ cache: SourceCache) throws -> [Bool] {
        var keep = [Bool](repeating: true, count: target.pixelCount)
        for mask in masks { try apply(mask, to: &keep, slice, onto: target, cache) }
        return keep
    }

    /// Drops pixels whose flags fail a rule, and pixels without flags.
    private func apply(
        _ mask: Mask,
        to keep: inout [Bool],
        _ slice: [Dataset],
        onto target: GeoBox,
        _ cache: SourceCache
    ) throws {
        let reader = GridReader(mask.measurement, resampling: .nearest, cache: cache)
        guard let flags = try reader.readFused(Int32.self, slice, onto: target) else {
            keep = [Bool](repeating: false, count: keep.count)
            return
        }
        let nodata = Int32(nearest: mask.measurement.nodata)
        let table = KeepTable(mask.rules)
        flags.withUnsafeBufferPointer { flags in
            keep.withUnsafeMutableBufferPointer { keep in
                for index in 0..<flags.count {
                    keep[index] = keep[index] && flags[index] != nodata && table[flags[index]]
                }
            }
        }
    }
}

/// Which flag samples pass a mask's rules, worked out once for those of 16 bits.
private struct KeepTable {
    private let rules: [[BitTest]]
    private let table: [Bool]
    private static let known = Mutex<[[[BitTest]]: [Bool]]>([:])

    init(_ rules: [[BitTest]]) {
        self.rules = rules
        if let table = Self.known.withLock({ $0[rules] }) {
            self.table = table
            return
        }
        let table = (0..<65_536).map { sample in Self.passes(UInt64(sample), rules) }
        Self.known.withLock { $0[rules] = table }
        self.table = table
    }

    @inline(__always)
    subscript(sample: Int32) -> Bool {
        if sample >= 0, sample < 65_536 { return table[Int(sample)] }
        return Self.passes(UInt64(UInt32(bitPattern: sample)), rules)
    }

    private static func passes(_ sample: UInt64, _ rules: [[BitTest]]) -> Bool {
        rules.allSatisfy { $0.contains { $0.matches(sample) } }
    }
}
