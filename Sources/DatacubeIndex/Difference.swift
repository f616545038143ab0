import Documents

/// One place where two documents differ.
struct Difference: Equatable, CustomStringConvertible {
    let path: [String]
    let old: DocumentValue?
    let new: DocumentValue?

    var description: String {
        let show = { (value: DocumentValue?) in value.map { JSONText.write($0) } ?? "missing" }
        return "\(path.joined(separator: ".")): \(show(new))!=\(show(old))"
    }

    /// Where two documents differ; 1 and 1.0 are equal, the order of keys does not count.
    static func between(_ old: DocumentValue?, _ new: DocumentValue?, _ path: [String] = []) -> [Difference] {
        switch (old, new) {
        case (.object(let a)?, .object(let b)?):
            let keys = a.keys + b.keys.filter { a[$0] == nil }
            return keys.flatMap { between(a[$0], b[$0], path + [$0]) }
        case (.array(let a)?, .array(let b)?) where a.count == b.count:
            return zip(a, b).enumerated().flatMap { between($1.0, $1.1, path + [String($0)]) }
        default:
            return isEqual(old, new) ? [] : [Difference(path: path, old: old, new: new)]
        }
    }

    static func isEqual(_ a: DocumentValue?, _ b: DocumentValue?) -> Bool {
        if a == b { return true }
        if let x = a?.number, let y = b?.number { return x == y }
        return false
    }
}

extension DocumentValue {
    /// The value as it comes back from a JSON column: numbers that are not finite have become text.
    var stored: DocumentValue {
        switch self {
        case .double(let number) where number.isNaN: .string("NaN")
        case .double(let number) where number.isInfinite: .string(number < 0 ? "-Infinity" : "Infinity")
        case .array(let values): .array(values.map(\.stored))
        case .object(let object): .object(DocumentObject(object.map { (key: $0.key, value: $0.value.stored) }))
        default: self
        }
    }

    /// A copy with the value at the end of `path` replaced; mappings on the way are made where they are missing.
    func setting(_ path: [String], to value: DocumentValue) -> DocumentValue {
        guard let key = path.first else { return value }
        var object = self.object ?? DocumentObject()
        object[key] = (object[key] ?? .object(DocumentObject())).setting(Array(path.dropFirst()), to: value)
        return .object(object)
    }
}
