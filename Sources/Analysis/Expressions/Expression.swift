/// A formula over named values, as recipes write it: `(nir - red) / (nir + red)`.
public indirect enum Expression: Hashable, Sendable {
    case number(Float)
    case name(String)
    case negate(Expression)
    case not(Expression)
    case binary(BinaryOperator, Expression, Expression)
    case call(Function, [Expression])

    /// Infix operators; comparisons and logic give 1 for true and 0 for false.
    public enum BinaryOperator: String, Sendable, CaseIterable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", power = "**"
        case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "==", notEqual = "!="
        case and, or
    }

    /// Functions by the names that recipes use.
    public enum Function: String, Sendable, CaseIterable {
        case min, max, abs, sqrt, log, exp, sin, cos, clamp
        case choose = "where"
        // Of the 3 x 3 pixels around: the argument is an elevation in metres, results as `Terrain` has them.
        case slope, aspect, northness, eastness, roughness, tri, tpi, illumination
        // Of the square of pixels up to a radius away.
        case focalMean = "focal_mean", focalMin = "focal_min", focalMax = "focal_max"

        var arity: Int {
            switch self {
            case .abs, .sqrt, .log, .exp, .sin, .cos: 1
            case .slope, .aspect, .northness, .eastness, .roughness, .tri, .tpi: 1
            case .min, .max, .focalMean, .focalMin, .focalMax: 2
            case .clamp, .choose, .illumination: 3
            }
        }

        /// True where a result depends on pixels around.
        var needsNeighbours: Bool {
            switch self {
            case .slope, .aspect, .northness, .eastness, .roughness, .tri, .tpi, .illumination: true
            case .focalMean, .focalMin, .focalMax: true
            default: false
            }
        }
    }

    /// All names that the formula uses.
    public var names: Set<String> {
        switch self {
        case .number: []
        case .name(let name): [name]
        case .negate(let inner), .not(let inner): inner.names
        case .binary(_, let left, let right): left.names.union(right.names)
        case .call(_, let arguments): arguments.reduce(into: []) { $0.formUnion($1.names) }
        }
    }

    /// How many pixels away lies what a result depends on.
    public var halo: Int {
        switch self {
        case .number, .name: return 0
        case .negate(let inner), .not(let inner): return inner.halo
        case .binary(_, let left, let right): return Swift.max(left.halo, right.halo)
        case .call(let function, let arguments):
            let own =
                switch function {
                case .focalMean, .focalMin, .focalMax: arguments[1].wholeNumber ?? 0
                default: function.needsNeighbours ? 1 : 0
                }
            return own + (arguments.map(\.halo).max() ?? 0)
        }
    }

    /// The value of a plain number without fraction.
    var wholeNumber: Int? {
        guard case .number(let number) = self else { return nil }
        return Int(exactly: number)
    }

    /// The formula with each name that has a definition replaced by it.
    public func substituting(_ definitions: [String: Expression]) -> Expression {
        switch self {
        case .number: self
        case .name(let name): definitions[name] ?? self
        case .negate(let inner): .negate(inner.substituting(definitions))
        case .not(let inner): .not(inner.substituting(definitions))
        case .binary(let op, let left, let right):
            .binary(op, left.substituting(definitions), right.substituting(definitions))
        case .call(let function, let arguments): .call(function, arguments.map { $0.substituting(definitions) })
        }
    }
}
