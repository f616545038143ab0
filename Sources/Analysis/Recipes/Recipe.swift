/// What a feature product is made of and how: a recipe document as a value.
public struct Recipe: Hashable, Sendable {
    public let name: String
    public let description: String
    /// How the names of the output files begin.
    public let filePrefix: String
    public let inputs: [RecipeInput]
    public let outputs: [RecipeOutput]

    /// The input whose product gives the grid and the time slices: the first that is not static.
    public var seriesInput: RecipeInput? { inputs.first { !$0.isStatic } }

    public var staticInputs: [RecipeInput] { inputs.filter(\.isStatic) }
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
    public let measurements: [String]
    public let masks: [MaskRule]
    public let grouping: Grouping
    /// True for layers without time, as terrain: all datasets are one slice, whatever their dates.
    public let isStatic: Bool
    /// True where outputs are nodata, not an error, when no product has data.
    public let isOptional: Bool
    /// GDAL's name of the resampling onto the grid.
    public let resampling: String
}

/// Which pixels a mask keeps: those whose flag has one of some meanings.
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
    public let name: String
    /// Over measurements of the inputs; the variables of the document are substituted already.
    public let value: Expression
    /// Nil where the value comes from static inputs alone.
    public let reducer: Reducer?
    /// How it is stored.
    public let encoding: Encoding
    public let units: String
}
