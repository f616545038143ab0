public import Documents

/// Changes documents by chance, the same way for the same seed.
public struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood 2014).
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static let tokens = [
        "&a ", "*a", "<<: *a", "[", "]", "{", "}", "- ", ": ", "? ", "\n", "\n  ", "\t", "\0", "\u{feff}",
        "%YAML 1.1\n",
        "---\n", "...\n", "!!python/object:os.system ", "!!binary ", "| ", "> ", "'", "\"", "\\u0000", "\\ud800", "#",
        "99999999999999999999999", "-9223372036854775808", "9223372036854775807", "1e999", "-1e-999", ".nan", ".inf",
        "0x", "0b", "190:20:30:99999999999999999999", "NaN", "Infinity", "é", "\u{1F600}", "null", "true", ",", "\r",
    ]

    /// A text with some bytes, words or lines changed.
    public mutating func change(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &self))
            switch Int.random(in: 0..<6, using: &self) {
            case 0: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &self) }
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: Self.tokens.randomElement(using: &self)?.utf8 ?? "".utf8, at: place)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &self))
            case 4: bytes.removeSubrange(place...)
            default: bytes.replaceSubrange(place..<end, with: Self.tokens.randomElement(using: &self)?.utf8 ?? "".utf8)
            }
            if bytes.isEmpty { bytes = [0x61] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A document with one of its values changed, taken away or put elsewhere.
    public mutating func change(_ value: DocumentValue) -> DocumentValue {
        switch value {
        case .object(let object) where !object.isEmpty:
            guard Int.random(in: 0..<8, using: &self) > 0 else { return strange() }
            var changed = object
            let key = object.keys.randomElement(using: &self) ?? ""
            switch Int.random(in: 0..<10, using: &self) {
            case 0: changed[key] = nil
            case 1: changed[key + "x"] = object[key]
            default: changed[key] = change(object[key] ?? .null)
            }
            return .object(changed)
        case .array(let values) where !values.isEmpty:
            guard Int.random(in: 0..<6, using: &self) > 0 else { return strange() }
            var changed = values
            let place = Int.random(in: values.indices, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: changed.remove(at: place)
            case 1: changed.append(values[place])
            default: changed[place] = change(values[place])
            }
            return .array(changed)
        default: return strange()
        }
    }

    private mutating func strange() -> DocumentValue {
        let values: [DocumentValue] = [
            .null, true, 0, -1, .integer(.max), .integer(.min), .double(.nan), .double(.infinity), 1e308, 1e-300, 45.5,
            "", "a", "\u{0}", "é\u{1F600}", "NaN", "yesterday", "2017-02-30T99:00:00Z", "EPSG:0", "EPSG:4326",
            "EPSG:32661",
            "+proj=nonsense", .string(String(repeating: "x", count: 70_000)), [], [:], [[]], ["type": "MultiPolygon"],
            ["type": "Polygon", "coordinates": [[[1e300, 1e300], [0, 0], [1, 1], [1e300, 1e300]]]],
        ]
        return values.randomElement(using: &self) ?? .null
    }
}
