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
        // Without a call and without a branch, so that the compiler does several at once: a number so large leaves no
        // room for a fraction, whole numbers (of up to 32 bits) are then its lowest bits.
        let large = 6_755_399_441_055_744.0
        let (lowest, highest) = (Double(Self.min), Double(Self.max))
        let number = value == value ? value : 0
        let above = number > lowest ? number : lowest
        let clamped = above < highest ? above : highest
        let even = (clamped + large) - large
        let rest = clamped - even
        let up = rest == 0.5 && clamped > 0 ? 1.0 : 0.0
        let down = rest == -0.5 && clamped < 0 ? 1.0 : 0.0
        self = Self(truncatingIfNeeded: (even + up - down + large).bitPattern)
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
