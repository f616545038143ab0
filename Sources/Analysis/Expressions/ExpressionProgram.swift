import Foundation

/// Formulas as a list of steps over rows of pixels; what formulas have in common is computed once.
struct ExpressionProgram: Sendable {
    private enum Operation: Hashable {
        case input(Int)
        case number(Float)
        case negate(Int), not(Int)
        case binary(Expression.BinaryOperator, Int, Int)
        case call(Expression.Function, [Int])
    }

    /// The names that the formulas use; their rows are filled before a run.
    let names: [String]
    private var operations: [Operation] = []
    private var results: [Int] = []

    init(_ expressions: [Expression]) {
        names = expressions.reduce(into: Set<String>()) { $0.formUnion($1.names) }.sorted()
        var known: [Operation: Int] = [:]
        for number in names.indices {
            operations.append(.input(number))
            known[.input(number)] = number
        }
        for expression in expressions { results.append(add(expression, &known)) }
    }

    private mutating func add(_ expression: Expression, _ known: inout [Operation: Int]) -> Int {
        let operation: Operation =
            switch expression {
            case .number(let number): .number(number)
            case .name(let name): .input(names.firstIndex(of: name) ?? 0)
            case .negate(let inner): .negate(add(inner, &known))
            case .not(let inner): .not(add(inner, &known))
            case .binary(let op, let left, let right): .binary(op, add(left, &known), add(right, &known))
            case .call(let function, let arguments): .call(function, arguments.map { add($0, &known) })
            }
        if let register = known[operation] { return register }
        operations.append(operation)
        known[operation] = operations.count - 1
        return operations.count - 1
    }

    /// One row of pixels for each step.
    struct Registers {
        fileprivate let base: UnsafeMutablePointer<Float>
        let lanes: Int
        fileprivate let results: [Int]

        /// The row of the name of this number.
        func input(_ number: Int) -> UnsafeMutablePointer<Float> { base + number * lanes }
        /// The row of the formula of this number, after a run.
        func result(_ number: Int) -> UnsafeMutablePointer<Float> { base + results[number] * lanes }
    }

    func makeRegisters(lanes: Int) -> Registers {
        Registers(base: .allocate(capacity: operations.count * lanes), lanes: lanes, results: results)
    }

    func free(_ registers: Registers) { registers.base.deallocate() }

    func withRegisters<Result>(lanes: Int, _ body: (Registers) -> Result) -> Result {
        let registers = makeRegisters(lanes: lanes)
        defer { free(registers) }
        return body(registers)
    }

    /// Computes the first `count` pixels of every formula.
    func run(_ registers: Registers, count: Int) {
        for index in names.count..<operations.count {
            let target = registers.base + index * registers.lanes
            func row(_ register: Int) -> UnsafeMutablePointer<Float> { registers.base + register * registers.lanes }
            switch operations[index] {
            case .input: break
            case .number(let number): for lane in 0..<count { target[lane] = number }
            case .negate(let a): unary(row(a), target, count) { -$0 }
            case .not(let a): unary(row(a), target, count) { $0.isNaN ? $0 : $0 == 0 ? 1 : 0 }
            case .binary(let op, let a, let b): Self.apply(op, row(a), row(b), target, count)
            case .call(let function, let arguments): Self.apply(function, arguments.map(row), target, count)
            }
        }
    }

    private static func apply(_ op: Expression.BinaryOperator, _ a: Row, _ b: Row, _ target: Row, _ count: Int) {
        switch op {
        case .add: binary(a, b, target, count) { $0 + $1 }
        case .subtract: binary(a, b, target, count) { $0 - $1 }
        case .multiply: binary(a, b, target, count) { $0 * $1 }
        case .divide: binary(a, b, target, count) { $0 / $1 }
        case .power: binary(a, b, target, count) { pow($0, $1) }
        case .less: compare(a, b, target, count) { $0 < $1 }
        case .lessOrEqual: compare(a, b, target, count) { $0 <= $1 }
        case .greater: compare(a, b, target, count) { $0 > $1 }
        case .greaterOrEqual: compare(a, b, target, count) { $0 >= $1 }
        case .equal: compare(a, b, target, count) { $0 == $1 }
        case .notEqual: compare(a, b, target, count) { $0 != $1 }
        case .and: compare(a, b, target, count) { $0 != 0 && $1 != 0 }
        case .or: compare(a, b, target, count) { $0 != 0 || $1 != 0 }
        }
    }

    private static func apply(_ function: Expression.Function, _ rows: [Row], _ target: Row, _ count: Int) {
        switch function {
        case .abs: unary(rows[0], target, count) { Swift.abs($0) }
        case .sqrt: unary(rows[0], target, count) { $0.squareRoot() }
        case .log: unary(rows[0], target, count) { Foundation.log($0) }
        case .exp: unary(rows[0], target, count) { Foundation.exp($0) }
        case .sin: unary(rows[0], target, count) { Foundation.sin($0) }
        case .cos: unary(rows[0], target, count) { Foundation.cos($0) }
        case .min: binary(rows[0], rows[1], target, count) { $0.isNaN || $1.isNaN ? .nan : $1 < $0 ? $1 : $0 }
        case .max: binary(rows[0], rows[1], target, count) { $0.isNaN || $1.isNaN ? .nan : $1 > $0 ? $1 : $0 }
        case .clamp:
            ternary(rows, target, count) { value, low, high in
                value.isNaN || low.isNaN || high.isNaN ? .nan : Swift.min(Swift.max(value, low), high)
            }
        case .choose: ternary(rows, target, count) { $0.isNaN ? .nan : $0 != 0 ? $1 : $2 }
        default: preconditionFailure("'\(function.rawValue)' needs neighbours: it is worked out before")
        }
    }
}

private typealias Row = UnsafeMutablePointer<Float>

@inline(__always)
private func unary(_ a: Row, _ target: Row, _ count: Int, _ body: (Float) -> Float) {
    for lane in 0..<count { target[lane] = body(a[lane]) }
}

@inline(__always)
private func binary(_ a: Row, _ b: Row, _ target: Row, _ count: Int, _ body: (Float, Float) -> Float) {
    for lane in 0..<count { target[lane] = body(a[lane], b[lane]) }
}

@inline(__always)
private func compare(_ a: Row, _ b: Row, _ target: Row, _ count: Int, _ body: (Float, Float) -> Bool) {
    for lane in 0..<count { target[lane] = a[lane].isNaN || b[lane].isNaN ? .nan : body(a[lane], b[lane]) ? 1 : 0 }
}

@inline(__always)
private func ternary(_ rows: [Row], _ target: Row, _ count: Int, _ body: (Float, Float, Float) -> Float) {
    let (a, b, c) = (rows[0], rows[1], rows[2])
    for lane in 0..<count { target[lane] = body(a[lane], b[lane], c[lane]) }
}
