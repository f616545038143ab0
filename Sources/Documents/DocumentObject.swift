/// A mapping that keeps the order in which its keys were given; equality does not look at the order.
public struct DocumentObject: Sendable, Sequence {
    public private(set) var keys: [String]
    private var values: [String: DocumentValue]

    public init() { (keys, values) = ([], [:]) }

    /// The last of several entries with one key wins, in the place of the first.
    public init(_ entries: some Sequence<(key: String, value: DocumentValue)>) {
        self.init()
        for entry in entries { self[entry.key] = entry.value }
    }

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    /// The value under a key; setting nil removes the key.
    public subscript(key: String) -> DocumentValue? {
        get { values[key] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
            } else if values.removeValue(forKey: key) != nil {
                keys.removeAll { $0 == key }
            }
        }
    }

    public func makeIterator() -> some IteratorProtocol<(key: String, value: DocumentValue)> {
        keys.lazy.compactMap { key in values[key].map { (key: key, value: $0) } }.makeIterator()
    }
}

extension DocumentObject: Hashable {
    public static func == (a: DocumentObject, b: DocumentObject) -> Bool { a.values == b.values }
    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}
