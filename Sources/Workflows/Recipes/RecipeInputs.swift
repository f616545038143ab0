import Analysis
import DatacubeIndex
import Documents
import struct Foundation.Date
import Geo
import Ingest
import Raster

/// The product that a recipe's input is taken from, and its datasets.
struct ResolvedInput {
    let input: RecipeInput
    let product: Product
    let datasets: [Dataset]

    /// The bands of the input's measurements.
    func bands() throws -> [RecipeProgram.Band] {
        try input.measurements.map { name in
            guard let resampling = Resampling(name: input.resampling) else {
                throw WorkflowError(
                    .badRequest,
                    "input '\(input.name)' has the unknown resampling '\(input.resampling)'"
                )
            }
            return RecipeProgram.Band(
                name: name,
                measurement: try product.measurement(name),
                resampling: resampling
            )
        }
    }

    /// The masks of the input, one for each measurement that has rules.
    func masks() throws -> [RecipeProgram.Mask] {
        let names = input.masks.reduce(into: [String]()) {
            if !$0.contains($1.measurement) { $0.append($1.measurement) }
        }
        return try names.map { name in
            let measurement = try product.measurement(name)
            let rules = try input.masks.filter { $0.measurement == name }.map { rule in
                try rule.meanings.map { try Self.test(measurement, flag: rule.flag, meaning: $0) }
            }
            return RecipeProgram.Mask(measurement: measurement, rules: rules)
        }
    }

    /// `true` and `false` are tried as booleans first, as product definitions hold them either way.
    private static func test(_ measurement: Measurement, flag: String, meaning: String) throws -> BitTest {
        if meaning == "true" || meaning == "false",
            let test = try? measurement.test(flag: flag, meaning: .bool(meaning == "true"))
        {
            return test
        }
        return try measurement.test(flag: flag, meaning: .string(meaning))
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
        let period = time.map { " between \(Timestamp.day($0.begin)) and \(Timestamp.day($0.end))" } ?? ""
        let place = bounds == nil ? "" : " in the region"
        let seen = try await datasets(matching: DatasetQuery(product: known[0].name)).compactMap(\.time)
        let hint =
            seen.isEmpty
            ? "The product has no datasets at all: ingest or index some first."
            : "The product has data from \(Timestamp.day(seen.map(\.begin).min() ?? .distantPast)) to "
                + "\(Timestamp.day(seen.map(\.end).max() ?? .distantFuture))."
        throw WorkflowError(.noInput, "product \(names) has no data\(period)\(place)", hint: hint)
    }
}
