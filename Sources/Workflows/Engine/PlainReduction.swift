import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster

/// A recipe whose outputs are statistics of measurements as they are, computed band by band on stored integers.
///
/// Only the planes of one measurement are held at a time, in its own type, and nothing becomes a real number before it is
/// a result.
struct PlainReduction: TileProgram {
    private let program: RecipeProgram
    /// For each band the outputs that come from it.
    private let outputs: [[(output: RecipeOutput, statistic: Statistic)]]

    /// Nil for recipes that need more.
    init?(_ program: RecipeProgram) {
        var outputs = program.bands.map { _ in [(output: RecipeOutput, statistic: Statistic)]() }
        for output in program.recipe.outputs {
            guard case .name(let name) = output.value, let statistic = output.reducer.flatMap(Self.statistic),
                let number = program.bands.firstIndex(where: { $0.name == name })
            else { return nil }
            let measurement = program.bands[number].measurement
            // Results are numbers in units of storage: they must be those of the output too.
            guard output.encoding.scaleFactor == measurement.scaleFactor ?? 1,
                output.encoding.addOffset == measurement.addOffset ?? 0
            else { return nil }
            outputs[number].append((output, statistic))
        }
        (self.program, self.outputs) = (program, outputs)
    }

    /// Bytes of a pixel while its block is computed.
    static func bytesPerPixel(_ program: RecipeProgram, slices: Int) -> Int {
        let widest = program.bands.map(\.measurement.dtype.byteCount).max() ?? 2
        let results = program.recipe.outputs.reduce(0) { $0 + $1.encoding.type.byteCount }
        // The planes and what of each is kept, a plane and its scratch, results as Double and as they are stored.
        return slices * (max(2, widest) + (program.masks.isEmpty ? 0 : 1)) + 4 * widest + 16 + results
    }

    private static func statistic(_ reducer: Reducer) -> Statistic? {
        switch reducer {
        case .median: .median
        case .mean: .mean
        case .min: .min
        case .max: .max
        case .std: .std
        case .sum: .sum
        case .range: .range
        case .first: .first
        case .last: .last
        case .count: nil
        }
    }

    func run(_ window: PixelWindow, of geoBox: GeoBox, into output: inout ComputedBlock, cache: SourceCache) throws {
        let target = geoBox.cropped(to: window)
        var kept: [(slice: [Dataset], keep: [Bool]?)] = []
        for slice in program.slices {
            guard !program.masks.isEmpty else {
                kept.append((slice, nil))
                continue
            }
            let keep = try program.keep(slice, onto: target, cache)
            if keep.contains(true) { kept.append((slice, keep)) }
        }
        for (band, wanted) in zip(program.bands, outputs) where !wanted.isEmpty {
            func work<Element: PixelElement>(_: Element.Type) throws {
                try reduce(Element.self, band, wanted, kept, target, window, &output, cache)
            }
            try work(band.measurement.dtype.elementType)
        }
    }

    private func reduce<Element: PixelElement>(
        _: Element.Type,
        _ band: RecipeProgram.Band,
        _ wanted: [(output: RecipeOutput, statistic: Statistic)],
        _ slices: [(slice: [Dataset], keep: [Bool]?)],
        _ target: GeoBox,
        _ window: PixelWindow,
        _ output: inout ComputedBlock,
        _ cache: SourceCache
    ) throws {
        let stored = Encoding(type: band.measurement.dtype, nodata: band.measurement.nodata)
        var series = SampleSeries(pixelCount: target.pixelCount, encoding: stored, capacity: slices.count)
        let reader = GridReader(band.measurement, resampling: band.resampling, cache: cache)
        for (slice, keep) in slices {
            guard let plane = try reader.readFused(Element.self, slice, onto: target) else { continue }
            series.append(plane, keeping: keep)
        }
        guard series.dateCount > 0 else { return }
        for (result, values) in zip(wanted, series.reduce(wanted.map(\.statistic))) {
            guard values.contains(where: { !$0.isNaN }) else { continue }
            let encoding = result.output.encoding
            func store<Target: PixelElement>(_: Target.Type) {
                let pixels: [Target] = Self.encode(values, nodata: encoding.nodata)
                output.add(pixels, variable: result.output.name, window: window)
            }
            store(encoding.type.elementType)
        }
    }

    /// Rounded half away from zero; a value that would come to lie on nodata becomes the number beside it.
    @_specialize(where Target == UInt8)
    @_specialize(where Target == UInt16)
    @_specialize(where Target == Int16)
    @_specialize(where Target == Float)
    private static func encode<Target: PixelElement>(_ values: [Double], nodata: Double) -> [Target] {
        let missing = Target(nearest: nodata)
        let beside = Target(nearest: nodata >= Target.pixelType.range.upperBound ? nodata - 1 : nodata + 1)
        return values.map { value in
            guard value == value else { return missing }
            let stored = Target(nearest: value)
            return stored == missing ? beside : stored
        }
    }
}
