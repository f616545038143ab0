import Analysis
import DatacubeIndex
import func Foundation.cos
import Geo
import Ingest
import Raster

/// Computes the outputs of a recipe for a tile, block by block.
struct RecipeProgram: TileProgram {
    /// A measurement to read, and what formulas call it.
    struct Band: Sendable {
        let name: String
        let measurement: Measurement
        let resampling: Resampling

        var encoding: Encoding { Encoding(measurement) }
    }

    /// What is read of one product over time.
    struct Source: Sendable {
        let bands: [Band]
        let mask: SampleMask?
        /// Which of several datasets counts; nil takes the first with a value.
        let ranking: QualityRanking?
    }

    /// What is one date of the series.
    struct Slice: Sendable {
        /// The number of the source.
        let source: Int
        /// In the order of laying over.
        let datasets: [Dataset]
        let date: SliceDate
    }

    /// With outputs for each period.
    let recipe: Recipe
    let sources: [Source]
    /// The earliest first.
    let slices: [Slice]
    /// How the samples of each name are held.
    let encodings: [String: Encoding]
    let begin: SliceDate
    let staticBands: [(band: Band, datasets: [Dataset])]
    /// Nil where outputs stay as they are.
    var matching: HistogramMatching?

    var reads: [(datasets: [Dataset], measurements: [String])] {
        let series = slices.map { slice in
            let source = sources[slice.source]
            let names = source.bands.map(\.measurement.name) + (source.mask?.measurements.map(\.name) ?? [])
            return (datasets: slice.datasets, measurements: names)
        }
        let statics = staticBands.map { (datasets: $0.datasets, measurements: [$0.band.measurement.name]) }
        let reference = matching.map { (datasets: $0.datasets, measurements: $0.bands.values.map(\.name).sorted()) }
        return series + statics + (reference.map { [$0] } ?? [])
    }

    /// One encoding for each name: that of the products where they agree, else real values.
    static func encodings(of sources: [Source]) -> [String: Encoding] {
        sources.flatMap(\.bands).reduce(into: [:]) { encodings, band in
            let own = band.encoding
            encodings[band.name] = encodings[band.name].map { $0 == own ? own : .real } ?? own
        }
    }

    /// How many pixels around what is computed the mask of a source depends on.
    static func maskHalo(of source: Source, _ recipe: Recipe) -> Int {
        guard let mask = source.mask else { return 0 }
        return mask.halo + (recipe.usesCloudDistance ? Recipe.cloudDistanceLimit : 0)
    }

    func run(_ window: PixelWindow, of geoBox: GeoBox, into output: inout ComputedBlock, cache: SourceCache) throws {
        var (outputMatches, dateMatches): (Matches?, Matches?)
        switch recipe.matching {
        case .outputs:
            outputMatches = try matching?.matches(of: geoBox, cache: cache) { part in
                let planes = try compute(part, of: geoBox, nil, cache)
                let pairs = zip(recipe.outputs, planes).map { (HistogramMatching.Key(band: $0.name), $1.realValues) }
                return Dictionary(pairs) { first, _ in first }
            }
        case .dates:
            // As many windows as for outputs would take too much memory with all their dates.
            dateMatches = try matching?.matches(of: geoBox, cache: cache, side: 32) { part in
                try sample(geoBox.cropped(to: part), cache)
            }
        }
        for (measurement, computed) in zip(recipe.outputs, try compute(window, of: geoBox, dateMatches, cache)) {
            guard computed.values.contains(where: { !$0.isNaN }) else { continue }
            let match = outputMatches?[HistogramMatching.Key(band: measurement.name)]
            let plane = match.map(computed.matched) ?? computed
            func store<Element: PixelElement>(_: Element.Type) {
                let pixels = measurement.encoding.encode(plane, as: Element.self)
                output.add(pixels, variable: measurement.name, window: window)
            }
            store(measurement.encoding.type.elementType)
        }
    }

    /// The outputs under a window, in their order.
    private func compute(
        _ window: PixelWindow,
        of geoBox: GeoBox,
        _ matches: Matches?,
        _ cache: SourceCache
    ) throws -> [OutputPlane] {
        let target = geoBox.cropped(to: window.grown(by: recipe.halo))
        let block = RecipeBlock(
            width: target.width,
            height: target.height,
            halo: recipe.halo,
            cellSize: try target.cellSizeInMetres(),
            dates: [],
            begin: begin,
            series: [:],
            statics: try readStatics(onto: target, cache)
        )
        return recipe.compute(try readSeries(into: block, target, matches, cache))
    }

    private func readStatics(onto target: GeoBox, _ cache: SourceCache) throws -> [String: [Float]] {
        var statics: [String: [Float]] = [:]
        for (band, datasets) in staticBands {
            func values<Element: PixelElement>(_: Element.Type) throws -> [Float]? {
                try GridReader(band.measurement, resampling: band.resampling, cache: cache)
                    .readFused(Element.self, datasets, onto: target)
                    .map(band.encoding.decode)
            }
            statics[band.name] =
                try values(band.measurement.dtype.elementType)
                ?? [Float](repeating: .nan, count: target.pixelCount)
        }
        return statics
    }

    // MARK: Series

    private typealias Matches = [HistogramMatching.Key: HistogramMatch]

    /// The real values of all bands that are matched by date, of all dates.
    private func sample(_ target: GeoBox, _ cache: SourceCache) throws -> [HistogramMatching.Key: [Float]] {
        var samples: [HistogramMatching.Key: [Float]] = [:]
        for (number, slice) in slices.enumerated() {
            let source = sources[slice.source]
            let halo = Self.maskHalo(of: source, recipe)
            let reader = try SliceReader(slice.datasets, ranking: source.ranking, onto: target, halo: halo, cache)
            let keep = try source.mask.map { try keptPixels($0, reader).keep }
            for band in source.bands where matching?.bands[band.name] != nil {
                func values<Element: PixelElement>(_: Element.Type) throws -> [Float] {
                    try reader.read(Element.self, band.measurement, resampling: band.resampling)
                        .map(band.encoding.decode) ?? []
                }
                var found = try values(band.measurement.dtype.elementType)
                if let keep { for pixel in found.indices where !keep[pixel] { found[pixel] = .nan } }
                samples[HistogramMatching.Key(band: band.name, slice: number)] = found.filter { !$0.isNaN }
            }
        }
        return samples
    }

    private func readSeries(
        into block: RecipeBlock,
        _ target: GeoBox,
        _ matches: Matches?,
        _ cache: SourceCache
    ) throws -> RecipeBlock {
        var block = block
        let count = target.pixelCount
        block.series = encodings.mapValues {
            SampleSeries(pixelCount: count, encoding: $0, capacity: slices.count)
        }
        if recipe.usesCloudDistance {
            block.series[Recipe.cloudDistance] = SampleSeries(pixelCount: count, encoding: .real)
        }
        for (number, slice) in slices.enumerated() {
            let source = sources[slice.source]
            let halo = Self.maskHalo(of: source, recipe)
            let reader = try SliceReader(slice.datasets, ranking: source.ranking, onto: target, halo: halo, cache)
            var keep: [Bool]?
            var distances = [Float](repeating: Float(Recipe.cloudDistanceLimit), count: count)
            if let mask = source.mask {
                let result = try keptPixels(mask, reader)
                if recipe.usesObservations { note(result.isSeen, slice, in: &block) }
                guard result.keep.contains(true) else { continue }
                keep = result.keep
                distances = result.distances
            }
            guard try append(number, keep, to: &block, matches, reader) else { continue }
            block.dates.append(slice.date)
            if recipe.usesCloudDistance { block.series[Recipe.cloudDistance]?.append(distances) }
        }
        return block
    }

    /// Adds a date to every series; false where no band has any data.
    private func append(
        _ number: Int,
        _ keep: [Bool]?,
        to block: inout RecipeBlock,
        _ matches: Matches?,
        _ reader: SliceReader
    ) throws -> Bool {
        let (slice, source) = (slices[number], sources[slices[number].source])
        var appended: Set<String> = []
        let isCounted = recipe.usesObservations && source.mask == nil
        var isSeen = [Bool](repeating: false, count: isCounted ? block.pixelCount : 0)
        for band in source.bands {
            let isStored = encodings[band.name] == band.encoding
            func add<Element: PixelElement>(_: Element.Type) throws -> Bool {
                let missing = Element(nearest: band.measurement.nodata)
                guard isStored else {
                    let pixels = try reader.read(Element.self, band.measurement, resampling: band.resampling)
                    guard let pixels else { return false }
                    pixels.withUnsafeBufferPointer { isSeen.mark($0, missing: missing) }
                    let match = matches?[HistogramMatching.Key(band: band.name, slice: number)]
                    let values = band.encoding.decode(pixels)
                    block.series[band.name]?.append(
                        match.map { values.map($0.callAsFunction) } ?? values,
                        keeping: keep
                    )
                    return true
                }
                return try block.series[band.name]?.append(Element.self) { place in
                    let resampling = band.resampling
                    guard try reader.read(band.measurement, resampling: resampling, into: place, wanted: keep) else {
                        return false
                    }
                    isSeen.mark(UnsafeBufferPointer(place), missing: missing)
                    return true
                } ?? false
            }
            if try add(band.measurement.dtype.elementType) { appended.insert(band.name) }
        }
        if isCounted { note(isSeen, slice, in: &block) }
        guard !appended.isEmpty else { return false }
        for name in encodings.keys where !appended.contains(name) { block.series[name]?.appendMissing() }
        return true
    }

    private func note(_ isSeen: [Bool], _ slice: Slice, in block: inout RecipeBlock) {
        let measurements = Set(sources[slice.source].bands.map(\.name))
        block.observations.append(Observation(date: slice.date, measurements: measurements, isSeen: isSeen))
    }

    /// Which pixels a mask keeps, how far each lies from what it drops, and which have flags at all.
    private func keptPixels(
        _ mask: SampleMask,
        _ reader: SliceReader
    ) throws -> (keep: [Bool], distances: [Float], isSeen: [Bool]) {
        let (grown, halo) = (reader.grown, reader.halo)
        let states = try mask.states(reader)
        let isSeen = recipe.usesObservations ? states.map { $0 != .unknown }.cropped(width: grown.width, by: halo) : []
        guard halo > 0 else {
            let keep = [Bool](unsafeUninitializedCapacity: states.count) { keep, count in
                count = states.count
                for pixel in 0..<count { keep[pixel] = states[pixel] == .kept }
            }
            return (keep, [], isSeen)
        }
        let dropped = PixelMask(width: grown.width, height: grown.height, values: states.map { $0 == .dropped })
            .applying(mask.steps, known: mask.steps.isEmpty ? nil : states.map { $0 != .unknown })
        var keep = states.indices.map { states[$0] != .unknown && !dropped.values[$0] }
        keep = keep.cropped(width: grown.width, by: halo)
        guard recipe.usesCloudDistance else { return (keep, [], isSeen) }
        var distances = dropped.distances(limit: Recipe.cloudDistanceLimit)
        // Where no scene shows a pixel there is no distance either.
        for pixel in distances.indices where states[pixel] == .unknown { distances[pixel] = .nan }
        return (keep, distances.cropped(width: grown.width, by: halo), isSeen)
    }
}

extension PixelWindow {
    /// With some pixels more on each side.
    func grown(by pixels: Int) -> PixelWindow {
        PixelWindow(
            column: column - pixels,
            row: row - pixels,
            width: width + 2 * pixels,
            height: height + 2 * pixels
        )
    }
}

extension GeoBox {
    /// Width and height of a pixel in metres: of the middle row where the CRS is in degrees.
    fileprivate func cellSizeInMetres() throws -> XY<Double> {
        guard try CRSDescription.of(crs).isGeographic else {
            return XY(x: abs(resolution.x), y: abs(resolution.y))
        }
        // A sphere of 6371.007 km, the authalic radius.
        let metres = 6_371_007 * Double.pi / 180
        let latitude = affine.f + resolution.y * Double(height) / 2
        return XY(x: abs(resolution.x) * metres * cos(latitude * .pi / 180), y: abs(resolution.y) * metres)
    }
}

extension [Bool] {
    /// Notes which pixels have a value; an empty array notes nothing.
    fileprivate mutating func mark<Sample: PixelElement>(_ pixels: UnsafeBufferPointer<Sample>, missing: Sample) {
        for pixel in indices where pixels[pixel] != missing && pixels[pixel] == pixels[pixel] { self[pixel] = true }
    }
}
