/// A Swift number type that pixels come in.
public protocol PixelElement: Sendable, BitwiseCopyable, Comparable, Numeric, Hashable {
    static var pixelType: PixelType { get }
    /// The value as a real number, exact for all but 64-bit sources.
    var real: Double { get }
    var single: Float { get }
    /// The nearest value that the type holds: rounded half away from zero, clamped; NaN becomes `zero`.
    init(nearest value: Double)
}

extension PixelElement {
    /// What stands for a value that would come to lie on nodata: the next one that the type holds.
    @inlinable
    public static func neighbour(ofNodata nodata: Double) -> Self {
        Self(nearest: nodata >= pixelType.range.upperBound ? nodata - 1 : nodata + 1)
    }
}

extension PixelElement where Self: FixedWidthInteger {
    @inlinable public var real: Double { Double(self) }
    @inlinable public var single: Float { Float(self) }
    @inlinable
    public init(nearest value: Double) {
        guard !value.isNaN else {
            self = 0
            return
        }
        // By a conversion that the processor has: `rounded()` calls a function, and a generic `Self(value)` many.
        let clamped = Swift.min(Swift.max(value, Double(Self.min)), Double(Self.max))
        let whole = Int64(clamped)
        let rest = clamped - Double(whole)
        self = Self(truncatingIfNeeded: rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole)
    }
}

extension UInt8: PixelElement { public static var pixelType: PixelType { .uint8 } }
extension Int8: PixelElement { public static var pixelType: PixelType { .int8 } }
extension UInt16: PixelElement { public static var pixelType: PixelType { .uint16 } }
extension Int16: PixelElement { public static var pixelType: PixelType { .int16 } }
extension UInt32: PixelElement { public static var pixelType: PixelType { .uint32 } }
extension Int32: PixelElement { public static var pixelType: PixelType { .int32 } }

extension Float: PixelElement {
    public static var pixelType: PixelType { .float32 }
    @inlinable public var real: Double { Double(self) }
    @inlinable public var single: Float { self }
    @inlinable public init(nearest value: Double) { self = Float(value) }
}

extension Double: PixelElement {
    public static var pixelType: PixelType { .float64 }
    @inlinable public var real: Double { self }
    @inlinable public var single: Float { Float(self) }
    @inlinable public init(nearest value: Double) { self = value }
}

extension PixelType {
    /// The Swift type of the samples, to open into a generic function.
    public var elementType: any PixelElement.Type {
        switch self {
        case .uint8: UInt8.self
        case .int8: Int8.self
        case .uint16: UInt16.self
        case .int16: Int16.self
        case .uint32: UInt32.self
        case .int32: Int32.self
        case .float32: Float.self
        case .float64: Double.self
        }
    }
}
