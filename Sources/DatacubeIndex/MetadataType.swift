public import Documents

/// A metadata type: where in dataset documents the searchable values stand (a row of `agdc.metadata_type`).
public struct MetadataType: Hashable, Sendable {
    /// The row's number, nil for a type that is not in the index.
    public let id: Int?
    public let name: String
    public let description: String
    public let definition: DocumentValue
    /// The declared search fields, in the order of the definition.
    public let fields: [SearchField]

    /// Reads a definition as it is stored; nil where it has no name.
    public init?(id: Int? = nil, definition: DocumentValue) {
        guard let name = definition["name"]?.string else { return nil }
        (self.id, self.name, self.definition) = (id, name, definition)
        description = definition["description"]?.string ?? ""
        fields = (definition.at("dataset", "search_fields")?.object ?? DocumentObject()).compactMap {
            SearchField(name: $0.key, document: $0.value)
        }
    }

    /// The field of that name, declared or fixed.
    public func field(_ name: String) -> SearchField? {
        fields.first { $0.name == name } ?? fixedFields.first { $0.name == name }
    }

    /// Fields that every type has within its documents: creation_time, format and label.
    public var fixedFields: [SearchField] {
        [
            SearchField(name: "creation_time", kind: .datetime, paths: [offset("creation_dt") ?? ["creation_dt"]]),
            SearchField(name: "format", kind: .string, paths: [offset("format") ?? ["format", "name"]]),
            SearchField(name: "label", kind: .string, paths: [offset("label") ?? ["label"]]),
        ]
    }

    /// Where documents hold their lineage.
    var sourcesPath: [String] { offset("sources") ?? ["lineage", "source_datasets"] }

    /// Where documents list their measurements, nil where they have none.
    var measurementsPath: [String]? { offset("measurements") }

    /// Where documents hold their id.
    var idPath: [String] { offset("id") ?? ["id"] }

    private func offset(_ key: String) -> [String]? {
        definition.at("dataset", key)?.array?.compactMap(\.string)
    }
}
