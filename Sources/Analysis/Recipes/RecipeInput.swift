public import Geo

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
    /// How measurements come onto the grid; flags are always those of the nearest pixel.
    public let resampling: ResamplingChoice
    /// Which of several datasets of a slice counts where they overlap.
    public let fusing: Fusing

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
        resampling: ResamplingChoice = .nearest,
        fusing: Fusing = .firstValid
    ) {
        (self.name, self.products, self.measurements, self.aliases) = (name, products, measurements, aliases)
        (self.mask, self.maskSteps, self.grouping) = (mask, maskSteps, grouping)
        (self.isStatic, self.isOptional, self.resampling) = (isStatic, isOptional, resampling)
        self.fusing = fusing
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

/// Which of several datasets of one slice of time counts at a pixel.
public enum Fusing: Hashable, Sendable {
    /// The first with a value, in the order of time, then of ids.
    case firstValid
    /// The one whose flag has the meaning that stands first; what is not listed comes last.
    case flag(measurement: String, flag: String, best: [String])
    /// The one with the least or the largest value of a measurement.
    case value(measurement: String, prefers: Preference)

    public enum Preference: String, Sendable, CaseIterable { case least, most }
}
