import Foundation

extension Expression {
    /// The formula for every pixel at once.
    ///
    /// NaN marks nodata: it stays NaN through every operation. A result that is not finite, as of a division by 0 or a
    /// logarithm of a negative number, is NaN too.
    ///
    /// - Parameters:
    ///   - count: Pixels of each array.
    ///   - value: The pixels of a name that the formula uses.
    /// - Returns: `count` values.
    public func evaluate(count: Int, _ value: (String) -> [Float]) -> [Float] {
        var result = compute(count: count, value)
        for index in result.indices where !result[index].isFinite { result[index] = .nan }
        return result
    }

    private func compute(count: Int, _ value: (String) -> [Float]) -> [Float] {
        switch self {
        case .number(let number):
            return [Float](repeating: number, count: count)
        case .name(let name):
            let pixels = value(name)
            precondition(pixels.count == count, "as many pixels of '\(name)' as of the block")
            return pixels
        case .negate(let inner):
            return map(inner.compute(count: count, value)) { -$0 }
        case .not(let inner):
            return map(inner.compute(count: count, value)) { $0.isNaN ? $0 : $0 == 0 ? 1 : 0 }
        case .binary(let op, let left, let right):
            return op.apply(left.compute(count: count, value), right.compute(count: count, value))
        case .call(let function, let arguments):
            return function.apply(arguments.map { $0.compute(count: count, value) })
        }
    }
}

extension Expression.BinaryOperator {
    fileprivate func apply(_ a: [Float], _ b: [Float]) -> [Float] {
        switch self {
        case .add: zip2(a, b) { $0 + $1 }
        case .subtract: zip2(a, b) { $0 - $1 }
        case .multiply: zip2(a, b) { $0 * $1 }
        case .divide: zip2(a, b) { $0 / $1 }
        case .power: zip2(a, b) { pow($0, $1) }
        case .less: compare(a, b) { $0 < $1 }
        case .lessOrEqual: compare(a, b) { $0 <= $1 }
        case .greater: compare(a, b) { $0 > $1 }
        case .greaterOrEqual: compare(a, b) { $0 >= $1 }
        case .equal: compare(a, b) { $0 == $1 }
        case .notEqual: compare(a, b) { $0 != $1 }
        case .and: compare(a, b) { $0 != 0 && $1 != 0 }
        case .or: compare(a, b) { $0 != 0 || $1 != 0 }
        }
    }
}

extension Expression.Function {
    fileprivate func apply(_ arguments: [[Float]]) -> [Float] {
        switch self {
        case .abs: map(arguments[0]) { Swift.abs($0) }
        case .sqrt: map(arguments[0]) { $0.squareRoot() }
        case .log: map(arguments[0]) { Foundation.log($0) }
        case .exp: map(arguments[0]) { Foundation.exp($0) }
        case .min: zip2(arguments[0], arguments[1]) { $0.isNaN || $1.isNaN ? .nan : Swift.min($0, $1) }
        case .max: zip2(arguments[0], arguments[1]) { $0.isNaN || $1.isNaN ? .nan : Swift.max($0, $1) }
        case .clamp:
            zip3(arguments) { value, low, high in
                value.isNaN || low.isNaN || high.isNaN ? .nan : Swift.min(Swift.max(value, low), high)
            }
        case .choose: zip3(arguments) { $0.isNaN ? .nan : $0 != 0 ? $1 : $2 }
        }
    }
}

private func map(_ a: [Float], _ body: (Float) -> Float) -> [Float] {
    var result = a
    for index in result.indices { result[index] = body(result[index]) }
    return result
}

private func zip2(_ a: [Float], _ b: [Float], _ body: (Float, Float) -> Float) -> [Float] {
    var result = a
    for index in result.indices { result[index] = body(a[index], b[index]) }
    return result
}

private func zip3(_ arguments: [[Float]], _ body: (Float, Float, Float) -> Float) -> [Float] {
    let (a, b, c) = (arguments[0], arguments[1], arguments[2])
    var result = a
    for index in result.indices { result[index] = body(a[index], b[index], c[index]) }
    return result
}

private func compare(_ a: [Float], _ b: [Float], _ body: (Float, Float) -> Bool) -> [Float] {
    zip2(a, b) { $0.isNaN || $1.isNaN ? .nan : body($0, $1) ? 1 : 0 }
}
