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
        case min, max, abs, sqrt, log, exp, clamp
        case choose = "where"

        var arity: Int {
            switch self {
            case .abs, .sqrt, .log, .exp: 1
            case .min, .max: 2
            case .clamp, .choose: 3
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
