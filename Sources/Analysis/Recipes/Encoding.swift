public import Geo

/// How real values are stored as pixels: `value = stored · scaleFactor + addOffset`.
public struct Encoding: Hashable, Sendable {
    public let type: PixelType
    public let nodata: Double
    public let scaleFactor: Double
    public let addOffset: Double

    public init(type: PixelType, nodata: Double, scaleFactor: Double = 1, addOffset: Double = 0) {
        (self.type, self.nodata, self.scaleFactor, self.addOffset) = (type, nodata, scaleFactor, addOffset)
    }

    /// Values as pixels: NaN becomes nodata, others are rounded to the nearest and clamped to the type's range.
    ///
    /// A half is rounded away from zero, also where Float holds it as a hair less: the mean of 1001 and 1002 scaled by
    /// 0.0001 is stored as 1002. A value that would come to lie on nodata is stored as the nearest other value, so that
    /// it stays valid.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    public func encode<Element: PixelElement>(_ values: [Float], as _: Element.Type = Element.self) -> [Element] {
        let missing = Element(nearest: nodata)
        let isInteger = !Element.pixelType.isFloat
        let replacement = Element.neighbour(ofNodata: nodata)
        return values.map { value in
            guard !value.isNaN else { return missing }
            let exact = (Double(value) - addOffset) / scaleFactor
            guard isInteger else { return Element(nearest: exact) }
            // What Float is off by at this size, three times over.
            let stored = Element(nearest: exact + (exact < 0 ? -1 : 1) * (1e-4 + abs(exact) * 2e-7))
            return stored == missing ? replacement : stored
        }
    }

    /// The numbers of an output as pixels, by the rules of `encode(_:as:)`.
    ///
    /// Where the output is scaled as its input is, integers stay exact: halves are rounded away from zero.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    public func encode<Element: PixelElement>(_ plane: OutputPlane, as _: Element.Type = Element.self) -> [Element] {
        let missing = Element(nearest: nodata)
        let isInteger = !Element.pixelType.isFloat
        let replacement = Element.neighbour(ofNodata: nodata)
        var (gain, term) = (plane.scale / scaleFactor, (plane.offset - addOffset) / scaleFactor)
        if abs(gain - 1) < 1e-12 { gain = 1 }
        if abs(term - term.rounded()) < 1e-9 { term = term.rounded() }
        guard isInteger else {
            return plane.values.map { $0.isNaN ? missing : Element(nearest: $0 * gain + term) }
        }
        let isExact = gain == 1 && term == term.rounded() && plane.isExact
        let (least, share) = isExact ? (0, 0) : (1e-4, 2e-7)
        return [Element](unsafeUninitializedCapacity: plane.values.count) { pixels, count in
            count = plane.values.count
            plane.values.withUnsafeBufferPointer { values in
                // Nothing is decided on the way, so that the compiler takes several at once.
                for index in 0..<values.count {
                    let value = values[index]
                    let exact = value * gain + term
                    let nudge = least + abs(exact) * share
                    let stored = Element(nearest: exact + (exact < 0 ? -nudge : nudge))
                    let valid = stored == missing ? replacement : stored
                    pixels[index] = value == value ? valid : missing
                }
            }
        }
    }

    /// Pixels as values: nodata (and NaN) becomes NaN.
    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Int32)
    @_specialize(where Element == Float)
    public func decode<Element: PixelElement>(_ pixels: [Element]) -> [Float] {
        let missing = Element(nearest: nodata)
        let (scale, offset) = (Float(scaleFactor), Float(addOffset))
        if scale == 1, offset == 0 { return pixels.map { $0 == missing ? .nan : $0.single } }
        return pixels.map { $0 == missing ? .nan : $0.single * scale + offset }
    }
}
