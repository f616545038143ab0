import Jobs

/// What came from what, in the words of the W3C's PROV: things, what was done, and who did it.
struct ProvenanceGraph: Sendable {
    enum Value: Sendable, Equatable {
        case text(String)
        case number(Int)
        /// A name with its prefix.
        case name(String)
    }

    struct Node: Sendable {
        enum Kind: String, Sendable, CaseIterable { case entity, activity, agent }

        /// With its prefix: `job:20261121-104012-7f3a9c41`.
        let id: String
        let kind: Kind
        let label: String
        var attributes: [(name: String, value: Value)] = []
        var start: Instant?
        var end: Instant?
    }

    struct Edge: Sendable {
        enum Kind: String, Sendable, CaseIterable {
            case used, wasGeneratedBy, wasAssociatedWith, wasAttributedTo, wasDerivedFrom, wasInfluencedBy

            /// What PROV calls the two ends.
            var ends: (from: String, to: String) {
                switch self {
                case .used: ("activity", "entity")
                case .wasGeneratedBy: ("entity", "activity")
                case .wasAssociatedWith: ("activity", "agent")
                case .wasAttributedTo: ("entity", "agent")
                case .wasDerivedFrom: ("generatedEntity", "usedEntity")
                case .wasInfluencedBy: ("influencee", "influencer")
                }
            }
        }

        let kind: Kind
        let from: String
        let to: String
        let role: String?
    }

    /// Prefixes of names and what they stand for.
    let prefixes: [(name: String, address: String)]
    private(set) var nodes: [Node] = []
    private(set) var edges: [Edge] = []
    private var places: [String: Int] = [:]
    private var known: Set<String> = []

    /// - `base`: The service's address.
    init(base: String) {
        prefixes = [
            ("job", "\(base)/provsap?ID="), ("file", "\(base)/store?ID="), ("user", "\(base)/users#"),
            ("antares", "urn:antares:"), ("voprov", "http://www.ivoa.net/documents/ProvenanceDM/voprov/"),
            ("param", "urn:antares:parameter:"),
        ]
    }

    /// Adds a node unless it is there.
    mutating func add(_ node: Node) {
        guard places[node.id] == nil else { return }
        places[node.id] = nodes.count
        nodes.append(node)
    }

    func contains(_ id: String) -> Bool { places[id] != nil }

    /// Adds a relation between nodes that are there, unless it is there.
    mutating func add(_ kind: Edge.Kind, _ from: String, _ to: String, role: String? = nil) {
        guard contains(from), contains(to) else { return }
        guard known.insert("\(kind.rawValue) \(from) \(to) \(role ?? "")").inserted else { return }
        edges.append(Edge(kind: kind, from: from, to: to, role: role))
    }

    /// A name with a prefix, of letters, digits and `_ . -` alone, which every form of PROV can write.
    static func name(_ prefix: String, _ text: String) -> String {
        var local = ""
        for byte in text.utf8 {
            let scalar = Character(UnicodeScalar(byte))
            let isPlain = scalar.isASCII && (scalar.isLetter || scalar.isNumber || "_.-".contains(scalar))
            local += isPlain ? String(scalar) : "_" + String(byte, radix: 16, uppercase: true)
        }
        // A name ends in no full stop in PROV-N.
        if local.hasSuffix(".") { local += "_" }
        return "\(prefix):\(local)"
    }
}
