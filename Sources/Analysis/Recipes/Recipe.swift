/// What a feature product is made of and how: a recipe document as a value.
public struct Recipe: Hashable, Sendable {
    public let name: String
    public let description: String
    /// How the names of the output files begin.
    public let filePrefix: String
    public let inputs: [RecipeInput]
    public let outputs: [RecipeOutput]

    public init(
        name: String,
        description: String = "",
        filePrefix: String? = nil,
        inputs: [RecipeInput],
        outputs: [RecipeOutput]
    ) {
        (self.name, self.description, self.filePrefix) = (name, description, filePrefix ?? name)
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    /// The inputs over time: their slices make one series.
    public var seriesInputs: [RecipeInput] { inputs.filter { !$0.isStatic } }

    public var staticInputs: [RecipeInput] { inputs.filter(\.isStatic) }

    /// How many pixels around a block its outputs depend on.
    public var halo: Int { outputs.flatMap(\.formulas).map(\.halo).max() ?? 0 }

    /// True where any formula asks how far away the next dropped pixel is.
    public var usesCloudDistance: Bool { outputs.flatMap(\.formulas).contains { $0.names.contains(Self.cloudDistance) } }

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
        return Recipe(name: name, description: description, filePrefix: filePrefix, inputs: inputs, outputs: expanded)
    }
}

/// Where a recipe takes its pixels from.
public struct RecipeInput: Hashable, Sendable {
    public enum Grouping: String, Sendable, CaseIterable {
        /// Datasets of one solar day are one slice of time: an overlap of scenes counts once.
        case solarDay = "solar_day"
        /// Datasets of exactly one time are one slice.
        case time
        /// Every dataset is a slice of its own.
        case none
    }

    public let name: String
    /// The products to look for, the first that has data wins.
    public let products: [String]
    /// The names that formulas use.
    public let measurements: [String]
    /// What the product calls a measurement, where formulas use another name.
    public let aliases: [String: String]
    /// Which pixels are kept; all without it.
    public let mask: MaskCondition?
    /// Applied to what the mask drops, one after the other.
    public let maskSteps: [MaskStep]
    public let grouping: Grouping
    /// True for layers without time, as terrain: all datasets are one slice, whatever their dates.
    public let isStatic: Bool
    /// True where outputs are nodata, not an error, when no product has data.
    public let isOptional: Bool
    /// GDAL's name of the resampling onto the grid.
    public let resampling: String

    public init(
        name: String,
        products: [String],
        measurements: [String],
        aliases: [String: String] = [:],
        mask: MaskCondition? = nil,
        maskSteps: [MaskStep] = [],
        grouping: Grouping = .solarDay,
        isStatic: Bool = false,
        isOptional: Bool = false,
        resampling: String = "nearest"
    ) {
        (self.name, self.products, self.measurements, self.aliases) = (name, products, measurements, aliases)
        (self.mask, self.maskSteps, self.grouping) = (mask, maskSteps, grouping)
        (self.isStatic, self.isOptional, self.resampling) = (isStatic, isOptional, resampling)
    }
}

/// Which pixels a mask keeps.
public indirect enum MaskCondition: Hashable, Sendable {
    case flag(MaskRule)
    case all([MaskCondition])
    case any([MaskCondition])
    case not(MaskCondition)

    /// Every rule that the condition is made of.
    public var rules: [MaskRule] {
        switch self {
        case .flag(let rule): [rule]
        case .all(let conditions), .any(let conditions): conditions.flatMap(\.rules)
        case .not(let condition): condition.rules
        }
    }

    /// Whether a pixel is kept.
    ///
    /// - `test`: Whether the pixel's flags pass a rule.
    public func holds(_ test: (MaskRule) -> Bool) -> Bool {
        switch self {
        case .flag(let rule): test(rule)
        case .all(let conditions): conditions.allSatisfy { $0.holds(test) }
        case .any(let conditions): conditions.contains { $0.holds(test) }
        case .not(let condition): !condition.holds(test)
        }
    }
}

/// A test of a pixel: its flag has one of some meanings.
public struct MaskRule: Hashable, Sendable {
    public let measurement: String
    public let flag: String
    /// Texts as `flags_definition` has them; `true` and `false` stand for booleans.
    public let meanings: [String]

    public init(measurement: String, flag: String, meanings: [String]) {
        (self.measurement, self.flag, self.meanings) = (measurement, flag, meanings)
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
