public import DatacubeIndex
import Documents
import Foundation
public import Geo
import Ingest
public import Logging
import Raster

/// Reduces the scenes of a product over time to one file for each period, without a recipe document: `composite`.
public struct Composite: Sendable {
    public let product: String
    /// Names or aliases of measurements.
    public let bands: [String]
    /// A reducer as recipes name it, as `median`.
    public let reducer: String
    public let time: TimeRange
    /// A length as ISO 8601 writes it (`P1Y`, `P3M`, `P16D`); nil takes the whole time at once.
    public let period: PeriodLength?
    public let region: RecipeApplication.Region
    /// Where it goes; with more than one period the first day of each is put before the ending.
    public let target: MosaicTarget
    public let software: String
    /// Which pixels are kept: measurement, flag, meanings.
    public var masks: [(measurement: String, flag: String, meanings: [String])] = []
    public var grouping = "solar_day"
    /// By name or alias of measurements.
    public var resampling = ResamplingChoice.nearest
    /// By which measurement one of several scenes of a slice is chosen; nil takes the first with a value.
    ///
    /// It is the one whose flag has the meaning that stands first or, without a flag, with the `least` or `most`.
    public var fuse: (measurement: String, flag: String?, best: [String])?
    public var gridding = GridOptions()
    public var clips = false

    public init(
        product: String,
        bands: [String],
        reducer: String,
        time: TimeRange,
        period: PeriodLength?,
        region: RecipeApplication.Region,
        target: MosaicTarget,
        software: String
    ) {
        (self.product, self.bands, self.reducer, self.time) = (product, bands, reducer, time)
        (self.period, self.region, self.target, self.software) = (period, region, target, software)
    }

    /// Makes the files that are missing.
    public func run(
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        let source = try await index.product(named: product)
        let ranges = period.map { $0.ranges(of: time) } ?? [time]
        var total = RunSummary(product: target.path)
        for (number, range) in ranges.enumerated() {
            let path = ranges.count == 1 ? target.path : Self.path(target.path, range)
            var application = try RecipeApplication(
                recipe: SourceDocument(origin: "composite", value: recipe(source)),
                time: range,
                region: region,
                productName: "composite",
                location: "",
                software: software
            )
            application.mosaic = MosaicTarget(path: path, compression: target.compression)
            (application.gridding, application.clips) = (gridding, clips)
            do {
                let summary = try await application.run(on: index, options: options, log: log) { done, _ in
                    progress(number + done, ranges.count)
                }
                total.add(summary)
            } catch let error as WorkflowError where error.code == .noInput && ranges.count > 1 {
                total.notes.append("\(path) is not made: \(error.reason)")
                log.warning("\(path) is not made: \(error.reason)")
            }
            if total.interrupted > 0 { break }
        }
        guard total.planned > 0 else {
            throw try await index.noData(of: product, time: time, isWithin: !region.isEverywhere)
        }
        return total
    }

    /// From the first to the last scene of a product; nil where it has none.
    public static func span(of product: String, on index: any DatasetIndex) async throws -> TimeRange? {
        let times = try await index.datasets(matching: DatasetQuery(product: product)).compactMap(\.time)
        guard let begin = times.map(\.begin).min(), let end = times.map(\.end).max() else { return nil }
        return TimeRange(begin: begin, end: end)
    }

    /// The recipe that does the same.
    func recipe(_ source: Product) throws -> DocumentValue {
        let measurements = try bands.map { try source.measurement($0) }
        var mask = DocumentObject()
        for rule in masks {
            let name = try source.measurement(rule.measurement).name
            var flags = mask[name]?.object ?? DocumentObject()
            flags[rule.flag] = .array(rule.meanings.map { .string($0) })
            mask[name] = .object(flags)
        }
        var input = DocumentObject([
            (key: "product", value: .string(source.name)),
            (key: "measurements", value: .array(measurements.map { .string($0.name) })),
            (key: "group_by", value: .string(grouping)), (key: "resampling", value: try resampling(source)),
        ])
        if let fuse {
            let name = try source.measurement(fuse.measurement).name
            let best = DocumentValue.array(fuse.best.map { .string($0) })
            input["fuse"] = [name: fuse.flag.map { [$0: best] } ?? .string(fuse.best.joined(separator: ","))]
        }
        if !masks.isEmpty { input["mask"] = .object(mask) }
        let outputs = measurements.map { measurement -> DocumentValue in
            var entry = DocumentObject([
                (key: "name", value: .string(measurement.name)), (key: "value", value: .string(measurement.name)),
                (key: "reduce", value: .string(reducer)), (key: "dtype", value: .string(measurement.dtype.rawValue)),
                (key: "nodata", value: .double(measurement.nodata)), (key: "units", value: .string(measurement.units)),
            ])
            if let scale = measurement.scaleFactor { entry["scale_factor"] = .double(scale) }
            if let offset = measurement.addOffset { entry["add_offset"] = .double(offset) }
            return .object(entry)
        }
        return [
            "name": .string("composite_\(reducer)"), "inputs": ["series": .object(input)], "outputs": .array(outputs),
        ]
    }

    private func resampling(_ source: Product) throws -> DocumentValue {
        var choice = DocumentObject([(key: "*", value: .string(resampling.standard.name))])
        for (band, method) in resampling.special.sorted(by: { $0.key < $1.key }) {
            choice[try source.measurement(band).name] = .string(method.name)
        }
        return .object(choice)
    }

    private static func path(_ path: String, _ range: TimeRange) -> String {
        let ending = URL(fileURLWithPath: path).pathExtension
        let stem = ending.isEmpty ? path : String(path.dropLast(ending.count + 1))
        return "\(stem)_\(Timestamp.day(range.begin)).\(ending.isEmpty ? "tif" : ending)"
    }
}

extension RunSummary {
    /// Counts another run as part of this one.
    mutating func add(_ other: RunSummary) {
        tiles += other.tiles
        (planned, written) = (planned + other.planned, written + other.written)
        (alreadyThere, interrupted) = (alreadyThere + other.alreadyThere, interrupted + other.interrupted)
        failures += other.failures
        bytesAtMost += other.bytesAtMost
        peakMemory = max(peakMemory, other.peakMemory)
        if blockShape.isEmpty { blockShape = other.blockShape }
        skipped += other.skipped
        notes += other.notes
    }
}
