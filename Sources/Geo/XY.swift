/// Two values that belong to x and y, so that they cannot be read in the wrong order.
public struct XY<Value> {
    public var x: Value
    public var y: Value

    public init(x: Value, y: Value) { (self.x, self.y) = (x, y) }
}

extension XY: Equatable where Value: Equatable {}
extension XY: Hashable where Value: Hashable {}
extension XY: Sendable where Value: Sendable {}

/// A place in some CRS, x to the east (or longitude) first.
public typealias Point = XY<Double>
