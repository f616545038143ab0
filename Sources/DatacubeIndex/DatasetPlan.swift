import Documents
import Foundation

/// All that adding one candidate writes: the dataset itself and embedded sources that come with it.
struct DatasetPlan: Sendable {
    struct Node: Sendable {
        let id: UUID
        let product: Product
        /// The document as it is stored, and its JSON.
        let document: DocumentValue
        let text: String
        let edges: [(classifier: String, source: UUID)]
    }

    /// The dataset itself first.
    let nodes: [Node]
    let location: String
    /// The sources that have to be in the index before, or be added along with it.
    let outsideSources: Set<UUID>

    init(nodes: [Node], location: String) {
        (self.nodes, self.location) = (nodes, location)
        outsideSources = Set(nodes.flatMap { $0.edges.map(\.source) }).subtracting(nodes.map(\.id))
    }

    var top: Node { nodes[0] }
    var embedded: ArraySlice<Node> { nodes.dropFirst() }
}

/// Turns candidates into plans by the rules of `dataset add`.
struct DatasetPlanner: Sendable {
    let types: [String: MetadataType]
    let match: ProductMatch
    let options: AddOptions

    /// - Throws: `EO3Problem` with the reason why the document cannot be added.
    func plan(_ candidate: DatasetCandidate) throws(EO3Problem) -> DatasetPlan {
        let (location, document) = Self.locate(candidate)
        var nodes: [DatasetPlan.Node] = []
        try collect(document, into: &nodes, depth: 0)
        return DatasetPlan(nodes: nodes, location: location)
    }

    /// The location and the document without the key `location`, which names another one.
    static func locate(_ candidate: DatasetCandidate) -> (location: String, document: DocumentValue) {
        let document = candidate.document.value
        guard let given = document.at("location"), var object = document.object else {
            return (candidate.location, document)
        }
        object["location"] = nil
        return (given.string ?? given.array?.first?.string ?? candidate.location, .object(object))
    }

    /// A prepared document as it is stored: its lineage stands in a table of its own.
    static func stored(_ document: DocumentValue, _ type: MetadataType) -> DocumentValue {
        guard document.at(type.sourcesPath) != nil else { return document.stored }
        return document.setting(type.sourcesPath, to: .object(DocumentObject())).stored
    }

    private func collect(
        _ document: DocumentValue,
        into nodes: inout [DatasetPlan.Node],
        depth: Int
    ) throws(EO3Problem) {
        guard depth < 100 else { throw EO3Problem("lineage is nested too deeply") }
        let prepared = try PreparedDataset(document)
        let id = prepared.id.lowercased
        let stored = prepared.document
        let product = try match.product(for: stored, id: id)
        guard let type = types[product.metadataType] else {
            throw EO3Problem("the metadata type '\(product.metadataType)' of product '\(product.name)' is missing")
        }
        if depth == 0 { try Self.checkMeasurements(stored, product, type, others: match.candidates) }
        let sources = options.ignoresLineage ? [] : prepared.sources
        let kept = Self.stored(stored, type)
        let text = JSONText.write(kept)
        guard text.utf8.count < Self.longest else { throw EO3Problem("it has more than \(Self.longest) bytes") }
        let node = DatasetPlan.Node(
            id: prepared.id,
            product: product,
            document: kept,
            text: text,
            edges: sources.map { (classifier: $0.classifier, source: $0.id) }
        )
        if let twin = nodes.first(where: { $0.id == node.id }) {
            guard Difference.between(twin.document, node.document).isEmpty else {
                throw EO3Problem("its lineage holds dataset \(id) twice, with different content")
            }
            return
        }
        nodes.append(node)
        guard options.addsLineage else { return }
        for source in sources {
            if let embedded = source.embedded { try collect(embedded, into: &nodes, depth: depth + 1) }
        }
    }

    /// PostgreSQL's jsonb holds no more.
    private static let longest = 1 << 28

    /// - `others`: Products of which one may fit better.
    static func checkMeasurements(
        _ document: DocumentValue,
        _ product: Product,
        _ type: MetadataType,
        others: [Product] = []
    ) throws(EO3Problem) {
        let wanted = wanted(by: product)
        guard !wanted.isEmpty else { return }
        guard let found = type.measurementsPath.flatMap({ document.at($0) })?.object else {
            throw EO3Problem("No measurements defined for a dataset (product '\(product.name)' has \(wanted.count))")
        }
        let missing = wanted.filter { found[$0] == nil }
        guard !missing.isEmpty else { return }
        let near = missing.lazy.compactMap { nearest(to: $0, in: found.keys) }.first
        let fitting = others.filter { other in
            let names = Self.wanted(by: other)
            return other.metadataType == product.metadataType && !names.isEmpty && names.allSatisfy { found[$0] != nil }
        }
        let advice =
            if let near {
                " (it has '\(near)')"
            } else if fitting.isEmpty {
                ". Add a product of what it has (\(found.keys.joined(separator: ", "))), and name that by --product"
            } else {
                ". Name one that fits: " + fitting.map { "--product \($0.name)" }.sorted().joined(separator: ", ")
            }
        throw EO3Problem(
            "The dataset is not specifying all of the measurements in this product. "
                + "Product '\(product.name)' has \(missing.joined(separator: ", ")), the document does not" + advice
        )
    }

    private static func wanted(by product: Product) -> [String] {
        let entries = product.definition["measurements"]?.array ?? []
        return entries.filter { $0.at("extra_dim") == nil }.compactMap { $0["name"]?.string }
    }
}
