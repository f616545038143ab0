import Documents

/// A formula that cannot be read.
public struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
    public let text: String
    /// Counted from 1.
    public let column: Int
    public let reason: String

    public var description: String { "'\(text)' at column \(column): \(reason)" }
}

extension Expression {
    /// Reads a formula.
    ///
    /// From loose to tight: or, and, not, comparisons, + -, * /, unary minus, **.
    public init(parsing text: String) throws(ExpressionError) {
        var parser = ExpressionParser(text)
        self = try parser.parseAll()
    }
}

private struct ExpressionParser {
    private enum Token: Equatable {
        case number(Float), name(String), symbol(String)
    }

    private let text: String
    private var tokens: [(token: Token, column: Int)] = []
    private var position = 0
    private var lexicalError: ExpressionError?

    init(_ text: String) {
        self.text = text
        var rest = Substring(text)
        while let first = rest.first {
            let column = text.distance(from: text.startIndex, to: rest.startIndex) + 1
            if first.isWhitespace {
                rest.removeFirst()
            } else if let match = rest.prefixMatch(of: #/(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/#),
                let value = Float(match.0.hasSuffix(".") ? match.0 + "0" : match.0)
            {
                tokens.append((.number(value), column))
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: #/[A-Za-z_][A-Za-z0-9_.]*/#) {
                tokens.append((.name(String(match.0)), column))
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: #/\*\*|<=|>=|==|!=|[-+*\/<>(),]/#) {
                tokens.append((.symbol(String(match.0)), column))
                rest = rest[match.range.upperBound...]
            } else {
                lexicalError = ExpressionError(text: text, column: column, reason: "'\(first)' has no meaning here")
                return
            }
        }
    }

    mutating func parseAll() throws(ExpressionError) -> Expression {
        if let lexicalError { throw lexicalError }
        let expression = try parseOr()
        guard position == tokens.count else { throw failure("an operator is missing") }
        return expression
    }

    private mutating func parseOr() throws(ExpressionError) -> Expression {
        var left = try parseAnd()
        while takeWord("or") { left = .binary(.or, left, try parseAnd()) }
        return left
    }

    private mutating func parseAnd() throws(ExpressionError) -> Expression {
        var left = try parseNot()
        while takeWord("and") { left = .binary(.and, left, try parseNot()) }
        return left
    }

    private mutating func parseNot() throws(ExpressionError) -> Expression {
        takeWord("not") ? .not(try parseNot()) : try parseComparison()
    }

    private mutating func parseComparison() throws(ExpressionError) -> Expression {
        let left = try parseSum()
        guard let op = takeOperator([.less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual]) else {
            return left
        }
        return .binary(op, left, try parseSum())
    }

    private mutating func parseSum() throws(ExpressionError) -> Expression {
        var left = try parseProduct()
        while let op = takeOperator([.add, .subtract]) { left = .binary(op, left, try parseProduct()) }
        return left
    }

    private mutating func parseProduct() throws(ExpressionError) -> Expression {
        var left = try parseUnary()
        while let op = takeOperator([.multiply, .divide]) { left = .binary(op, left, try parseUnary()) }
        return left
    }

    private mutating func parseUnary() throws(ExpressionError) -> Expression {
        if take("-") { return .negate(try parseUnary()) }
        let base = try parseAtom()
        return take("**") ? .binary(.power, base, try parseUnary()) : base
    }

    private mutating func parseAtom() throws(ExpressionError) -> Expression {
        guard position < tokens.count else { throw failure("the formula ends too early") }
        let token = tokens[position].token
        switch token {
        case .number(let value):
            position += 1
            return .number(value)
        case .symbol("("):
            position += 1
            let inner = try parseOr()
            guard take(")") else { throw failure("')' is missing") }
            return inner
        case .symbol(let symbol):
            throw failure("a value is missing before '\(symbol)'")
        case .name(let name):
            position += 1
            return take("(") ? try parseCall(name) : .name(name)
        }
    }

    private mutating func parseCall(_ name: String) throws(ExpressionError) -> Expression {
        let known = Expression.Function.allCases.map(\.rawValue)
        guard let function = Expression.Function(rawValue: name) else {
            position -= 2
            let near = nearest(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ""
            throw failure("there is no function '\(name)'\(near) Known: \(known.joined(separator: ", "))")
        }
        var arguments = [try parseOr()]
        while take(",") { arguments.append(try parseOr()) }
        guard take(")") else { throw failure("')' is missing") }
        guard arguments.count == function.arity else {
            throw failure("'\(name)' takes \(function.arity) values, not \(arguments.count)")
        }
        if [.focalMean, .focalMin, .focalMax].contains(function) {
            guard let radius = arguments[1].wholeNumber, (1...64).contains(radius) else {
                throw failure("the radius of '\(name)' must be a whole number from 1 to 64")
            }
        }
        return .call(function, arguments)
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard position < tokens.count, tokens[position].token == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard position < tokens.count, tokens[position].token == .name(word) else { return false }
        position += 1
        return true
    }

    private mutating func takeOperator(_ operators: [Expression.BinaryOperator]) -> Expression.BinaryOperator? {
        operators.first { take($0.rawValue) }
    }

    private func failure(_ reason: String) -> ExpressionError {
        let column = position < tokens.count ? tokens[position].column : text.count + 1
        return ExpressionError(text: text, column: column, reason: reason)
    }
}
