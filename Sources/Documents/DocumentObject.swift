/// A mapping that keeps the order in which its keys were given; equality does not look at the order.
///
/// Most have a few keys, which are found by looking at one after another; only large ones have a table.
public struct DocumentObject: Sendable, Sequence {
    private var entries: [(key: String, value: DocumentValue)]
    /// Where each key stands, empty as long as there are few.
    private var places: [String: Int]
    private static let few = 12

    public init() { (entries, places) = ([], [:]) }

    /// The last of several entries with one key wins, in the place of the first.
    public init(_ entries: some Sequence<(key: String, value: DocumentValue)>) {
        self.init()
        for entry in entries { self[entry.key] = entry.value }
    }

    /// The keys in their order.
    public var keys: [String] { entries.map(\.key) }
    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }

    /// The value under a key; setting nil removes the key.
    public subscript(key: String) -> DocumentValue? {
        get { place(of: key).map { entries[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let newValue?): entries[place].value = newValue
            case (nil, let newValue?):
                entries.append((key, newValue))
                if !places.isEmpty {
                    places[key] = entries.count - 1
                } else if entries.count > Self.few {
                    index()
                }
            case (let place?, nil):
                entries.remove(at: place)
                if !places.isEmpty { index() }
            case (nil, nil): break
            }
        }
    }

    public func makeIterator() -> IndexingIterator<[(key: String, value: DocumentValue)]> { entries.makeIterator() }

    private func place(of key: String) -> Int? {
        places.isEmpty ? entries.firstIndex { $0.key == key } : places[key]
    }

    private mutating func index() {
        places = Dictionary(entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension DocumentObject: Hashable {
    public static func == (a: DocumentObject, b: DocumentObject) -> Bool {
        a.count == b.count && a.entries.allSatisfy { b[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for entry in entries {
            var own = Hasher()
            own.combine(entry.key)
            own.combine(entry.value)
            sum ^= own.finalize()
        }
        hasher.combine(sum)
    }
}
