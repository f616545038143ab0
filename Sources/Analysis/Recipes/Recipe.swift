public import Geo

/// What a feature product is made of and how: a recipe document as a value.
public struct Recipe: Hashable, Sendable {
    public let name: String
    public let description: String
    /// How the names of the output files begin.
    public let filePrefix: String
    public let inputs: [RecipeInput]
    public let outputs: [RecipeOutput]
    /// What the document says of the grid.
    public let grid: GridOptions
    /// What is brought to the distribution of a reference product, where a run has one.
    public let matching: Matching

    /// What a reference product matches.
    public enum Matching: String, CaseIterable, Sendable {
        /// Each output, with the measurement of its name.
        case outputs
        /// Each band of each date, before anything is computed, with the measurement of its name and `_mean`.
        case dates
    }

    public init(
        name: String,
        description: String = "",
        filePrefix: String? = nil,
        inputs: [RecipeInput],
        outputs: [RecipeOutput],
        grid: GridOptions = GridOptions(),
        matching: Matching = .outputs
    ) {
        (self.name, self.description, self.filePrefix) = (name, description, filePrefix ?? name)
        (self.inputs, self.outputs, self.grid, self.matching) = (inputs, outputs, grid, matching)
    }

    /// The inputs over time: their slices make one series.
    public var seriesInputs: [RecipeInput] { inputs.filter { !$0.isStatic } }

    /// The names, with and without `_mean`, that a reference product's measurements have for what is matched.
    public var matched: [String: String] {
        switch matching {
        case .outputs: return Dictionary(outputs.map { ($0.name, $0.name) }) { first, _ in first }
        case .dates:
            return Dictionary(seriesInputs.flatMap(\.measurements).map { ($0, "\($0)_mean") }) { first, _ in first }
        }
    }

    public var staticInputs: [RecipeInput] { inputs.filter(\.isStatic) }

    /// How many pixels around a block its outputs depend on.
    public var halo: Int { outputs.flatMap(\.formulas).map(\.halo).max() ?? 0 }

    /// True where any formula asks how far away the next dropped pixel is.
    public var usesCloudDistance: Bool {
        outputs.flatMap(\.formulas).contains { $0.names.contains(Self.cloudDistance) }
    }

    /// True where any output is about the share of observations that masks leave.
    public var usesObservations: Bool { outputs.contains { $0.reducer == .validFraction } }

    /// What formulas call the distance, in pixels, to the nearest pixel that a mask drops.
    public static let cloudDistance = "cloud_distance"
    /// Farther than this is not told apart.
    public static let cloudDistanceLimit = 50

    /// The recipe for a run: outputs by period are there once for each period, by their final names.
    public func expanded(from begin: SliceDate, to end: SliceDate) -> Recipe {
        let expanded = outputs.flatMap { output -> [RecipeOutput] in
            guard let length = output.by else { return [output] }
            return Period.all(length, from: begin, to: end).map(output.over)
        }
        return Recipe(
            name: name,
            description: description,
            filePrefix: filePrefix,
            inputs: inputs,
            outputs: expanded,
            grid: grid,
            matching: matching
        )
    }
}

/// One measurement of the product that a recipe makes.
public struct RecipeOutput: Hashable, Sendable {
    /// Before `over(_:)` it may hold `{period}` and other parts of a period's name.
    public let name: String
    /// Over measurements of the inputs, the variables of the document substituted already; several where a reducer
    /// takes bands together.
    public internal(set) var values: [Expression]
    /// Which of `values` the output is about.
    public let index: Int
    /// Nil where the value comes from static inputs alone.
    public internal(set) var reducer: Reducer?
    /// Pixels with fewer values are nodata.
    public let minimumCount: Int
    /// There is one output for each such period of a run.
    public let by: Period.Length?
    /// Only dates within it count.
    public let period: Period?
    /// How it is stored.
    public let encoding: Encoding
    public let units: String

    public init(
        name: String,
        values: [Expression],
        index: Int = 0,
        reducer: Reducer?,
        minimumCount: Int = 1,
        by: Period.Length? = nil,
        period: Period? = nil,
        encoding: Encoding,
        units: String = "1"
    ) {
        (self.name, self.values, self.index, self.reducer) = (name, values, index, reducer)
        (self.minimumCount, self.by, self.period) = (minimumCount, by, period)
        (self.encoding, self.units) = (encoding, units)
    }

    /// Every formula that the output is computed from.
    public var formulas: [Expression] {
        if case .best(let quality) = reducer { return values + [quality] }
        return values
    }

    /// The output of one period.
    func over(_ period: Period) -> RecipeOutput {
        var name = name.contains("{") ? name : name + "_{period}"
        let (year, month, _) = period.last.civil
        for (placeholder, text) in [
            ("{period}", period.name), ("{year}", "\(year)"), ("{month}", (month < 10 ? "0" : "") + "\(month)"),
        ] { name = name.replacing(placeholder, with: text) }
        return RecipeOutput(
            name: name,
            values: values,
            index: index,
            reducer: reducer,
            minimumCount: minimumCount,
            period: period,
            encoding: encoding,
            units: units
        )
    }
}
