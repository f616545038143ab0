/// The pixels that a recipe needs for one block, as real values; NaN marks what is masked or missing.
public struct RecipeBlock: Sendable {
    public let pixelCount: Int
    /// Measurement of the series input → date → pixels; every measurement has the same dates.
    public var series: [String: [[Float]]]
    /// Measurement of a static input → pixels.
    public var statics: [String: [Float]]

    public init(pixelCount: Int, series: [String: [[Float]]], statics: [String: [Float]]) {
        (self.pixelCount, self.series, self.statics) = (pixelCount, series, statics)
    }

    /// The number of dates.
    public var dateCount: Int { series.values.first?.count ?? 0 }
}

extension Recipe {
    /// The values of every output for one block, in the order of `outputs`; NaN where there is none.
    ///
    /// A formula that several outputs share is evaluated once.
    public func compute(_ block: RecipeBlock) -> [[Float]] {
        var evaluated: [Expression: [[Float]]] = [:]
        return outputs.map { output in
            guard let reducer = output.reducer else {
                return output.value.evaluate(count: block.pixelCount) { block.statics[$0] ?? [] }
            }
            let series = evaluated[output.value] ?? Self.evaluate(output.value, block)
            evaluated[output.value] = series
            return reducer.reduce(series, count: block.pixelCount)
        }
    }

    private static func evaluate(_ expression: Expression, _ block: RecipeBlock) -> [[Float]] {
        if case .name(let name) = expression, let series = block.series[name] { return series }
        return (0..<block.dateCount).map { date in
            expression.evaluate(count: block.pixelCount) { name in
                block.series[name]?[date] ?? block.statics[name] ?? []
            }
        }
    }
}
