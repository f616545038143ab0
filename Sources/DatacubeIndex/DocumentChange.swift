public import Documents

/// One place where a new document differs from the stored one.
public struct DocumentChange: Sendable, Hashable {
    /// The keys to the place; elements of lists by their number.
    public let path: [String]
    /// Nil where the stored document has nothing there.
    public let old: DocumentValue?
    /// Nil where the new document has nothing there.
    public let new: DocumentValue?

    /// The place as messages name it: `storage.crs`.
    public var place: String { path.joined(separator: ".") }

    /// The changes between two documents by place; lists are compared element by element.
    static func between(_ old: DocumentValue?, _ new: DocumentValue?, _ path: [String] = []) -> [DocumentChange] {
        if Difference.isEqual(old, new) { return [] }
        switch (old, new) {
        case (.object(let a)?, .object(let b)?):
            let keys = Set(a.keys).union(b.keys).sorted()
            return keys.flatMap { between(a[$0], b[$0], path + [$0]) }
        case (.array(let a)?, .array(let b)?):
            // A list that is shorter counts as if it went on with nulls.
            return (0..<max(a.count, b.count)).flatMap { index in
                let element = { (list: [DocumentValue]) in index < list.count ? list[index] : .null }
                return between(element(a), element(b), path + [String(index)])
            }
        default:
            return [DocumentChange(path: path, old: old, new: new)]
        }
    }
}

/// Which changes of a document harm nothing that refers to it.
struct ChangeRules {
    enum Rule {
        case any
        /// New keys directly below the place.
        case extending
        /// Keys taken away directly below the place.
        case truncating
        /// The place itself taken away.
        case removing
    }

    let rules: [[String]: Rule]

    /// Descriptions may change, and a signature may ask for less, never for more.
    static let product = ChangeRules(rules: [
        ["description"]: .any, ["license"]: .any, ["metadata_type"]: .any, ["metadata"]: .truncating,
        ["storage", "chunking"]: .removing, ["storage", "driver"]: .removing,
        ["storage", "dimension_order"]: .removing,
    ])

    static let metadataType = ChangeRules(rules: [
        ["description"]: .any, ["dataset"]: .extending, ["dataset", "search_fields"]: .extending,
    ])

    /// New keys at the top, and whatever changes at or below the places named.
    static func dataset(anyAt places: [[String]]) -> ChangeRules {
        var rules: [[String]: Rule] = [[]: .extending]
        for place in places { rules[place] = .any }
        return ChangeRules(rules: rules)
    }

    /// True where the nearest rule, at the place or above it, allows the change.
    func allow(_ change: DocumentChange) -> Bool {
        var place = change.path
        while rules[place] == nil, !place.isEmpty { place.removeLast() }
        switch rules[place] {
        case .any?: return true
        case .extending?: return change.old == nil && change.path.count == place.count + 1
        case .truncating?: return change.new == nil && change.path.count == place.count + 1
        case .removing?: return change.new == nil && change.path == place
        case nil: return false
        }
    }
}

/// What an update changes, or would change.
public struct UpdatePlan: Sendable, Hashable {
    public let safe: [DocumentChange]
    /// Changes that may make the document unfit for datasets that are there already.
    public let unsafe: [DocumentChange]
    /// False where unsafe changes are not allowed.
    public let isAllowed: Bool

    public var isEmpty: Bool { safe.isEmpty && unsafe.isEmpty }

    init(_ changes: [DocumentChange], _ rules: ChangeRules, allowsUnsafe: Bool = false) {
        safe = changes.filter { rules.allow($0) }
        unsafe = changes.filter { !rules.allow($0) }
        isAllowed = allowsUnsafe || unsafe.isEmpty
    }

    /// - Throws: `IndexError` that names the places where the update is not allowed.
    func check(_ name: String, hint: String) throws {
        guard !isAllowed else { return }
        let places = unsafe.map(\.place).joined(separator: ", ")
        throw IndexError(.unsafeChange, name, "Unsafe changes in \(name): \(places)", hint: hint)
    }
}

/// How definitions are updated.
public struct UpdateOptions: Sendable, Hashable {
    public var allowsUnsafe = false
    /// Locks the table while indexes are made, instead of making them beside the work of others.
    public var locksTable = false
    /// Finds out what would change, and writes nothing.
    public var isDryRun = false

    public init() {}
}
