import Analysis
import DatacubeIndex
import Documents
import struct Foundation.Date
import Geo
import Ingest
import Raster

/// The product that a recipe's input is taken from, and its datasets.
struct ResolvedInput: Sendable {
    let input: RecipeInput
    let product: Product
    let datasets: [Dataset]

    /// The bands of the input's measurements.
    func bands() throws -> [RecipeProgram.Band] {
        try input.measurements.map { name in
            RecipeProgram.Band(
                name: name,
                measurement: try product.measurement(input.aliases[name] ?? name),
                resampling: input.resampling[name]
            )
        }
    }

    /// The input's mask on the product's measurements.
    func mask() throws -> SampleMask? {
        try input.mask.map { try SampleMask($0, steps: input.maskSteps, on: product) }
    }

    /// The order in which datasets of one slice count; nil where it is that of time.
    func ranking() throws -> QualityRanking? { try QualityRanking(input.fusing, on: product) }

    /// The day that formulas know of a slice.
    static func day(of slice: [Dataset], by grouping: RecipeInput.Grouping) -> SliceDate {
        guard let dataset = slice.first, let time = dataset.time else { return SliceDate(days: 0) }
        if grouping == .solarDay, let range = TimeRange(period: dataset.solarDay) { return SliceDate(range.begin) }
        return SliceDate(time.center)
    }

    /// Slices of time as the input groups them, the earliest first.
    static func slices(_ datasets: [Dataset], by grouping: RecipeInput.Grouping) -> [[Dataset]] {
        let sorted = datasets.sorted(by: Dataset.precedes)
        func key(_ dataset: Dataset) -> String {
            switch grouping {
            case .solarDay: dataset.solarDay
            case .time: dataset.time.map { Timestamp.iso($0.center) } ?? ""
            case .none: dataset.idText
            }
        }
        var order: [String] = []
        var slices: [String: [Dataset]] = [:]
        for dataset in sorted {
            let key = key(dataset)
            if slices[key] == nil { order.append(key) }
            slices[key, default: []].append(dataset)
        }
        return order.compactMap { slices[$0] }
    }
}

extension SliceDate {
    /// The day of an instant, in UTC.
    init(_ date: Date) { self.init(days: Int((date.timeIntervalSince1970 / 86400).rounded(.down))) }
}

extension DatasetIndex {
    /// The first product of an input that is indexed and has datasets.
    ///
    /// - Returns: Nil for an optional input without any.
    func resolve(_ input: RecipeInput, time: TimeRange?, bounds: BoundingBox?) async throws -> ResolvedInput? {
        let all = try await products()
        let known = input.products.compactMap { name in all.first { $0.name == name } }
        for product in known {
            let query = DatasetQuery(product: product.name, time: input.isStatic ? nil : time, bounds: bounds)
            let datasets = try await datasets(matching: query)
            if !datasets.isEmpty { return ResolvedInput(input: input, product: product, datasets: datasets) }
        }
        if input.isOptional { return nil }
        let names = input.products.map { "'\($0)'" }.joined(separator: " or ")
        guard !known.isEmpty else {
            let near = input.products.lazy.compactMap { nearest(to: $0, in: all.map(\.name)) }.first
            let hint = near.map { "Did you mean '\($0)'? " } ?? ""
            throw WorkflowError(
                .badRequest,
                "there is no product \(names) in the index",
                hint: hint + "See: antares list products."
            )
        }
        throw try await noData(of: known[0].name, called: names, time: time, isWithin: bounds != nil)
    }
}
