public import Documents

/// One named group of bits of a measurement, and what its values mean (`flags_definition` of the Open Data Cube).
public struct FlagDefinition: Hashable, Sendable {
    public let name: String
    public let description: String?
    /// Bit numbers, counted from 0 at the lowest; the value is what these bits hold, shifted by the lowest of them.
    public let bits: [Int]
    /// What each value of the bits means: a text or a boolean.
    public let values: [Int: DocumentValue]

    public init(name: String, description: String? = nil, bits: [Int], values: [Int: DocumentValue]) {
        (self.name, self.description, self.bits, self.values) = (name, description, bits, values)
    }

    /// Reads one entry of `flags_definition`; nil where it has no bits.
    init?(name: String, document: DocumentValue) {
        let bits = document["bits"]?.array?.compactMap(\.integer) ?? [document["bits"]?.integer].compactMap { $0 }
        guard !bits.isEmpty, bits.allSatisfy({ (0..<64).contains($0) }) else { return nil }
        var values: [Int: DocumentValue] = [:]
        for (key, meaning) in document["values"]?.object ?? DocumentObject() {
            guard let value = Int(key) else { continue }
            values[value] = meaning
        }
        self.init(name: name, description: document["description"]?.string, bits: bits, values: values)
    }

    /// The test of a sample for one meaning, nil where the flag has no such meaning.
    public func test(for meaning: DocumentValue) -> BitTest? {
        guard let value = values.filter({ $0.value == meaning }).map(\.key).min(), value >= 0 else { return nil }
        let mask = bits.reduce(UInt64(0)) { $0 | (1 << UInt64($1)) }
        let shift = UInt64(bits.min() ?? 0)
        return BitTest(mask: mask, value: (UInt64(value) << shift) & mask)
    }
}

/// A test of some bits of a sample: `sample & mask == value`.
public struct BitTest: Hashable, Sendable {
    public let mask: UInt64
    public let value: UInt64

    public init(mask: UInt64, value: UInt64) { (self.mask, self.value) = (mask, value) }

    public func matches(_ sample: UInt64) -> Bool { sample & mask == value }
}
