public import Documents
import Logging
import Postgres

/// What adding a definition did.
public enum AdditionOutcome: Sendable, Equatable {
    case added
    /// It was there already, with equal content.
    case unchanged
}

extension Index {
    /// All metadata types, in the order in which they were added.
    public func metadataTypes() async throws -> [MetadataType] {
        try await connection.perform { try DefinitionStore.metadataTypes($0) }
    }

    /// The metadata type of a name.
    ///
    /// - Throws: `IndexError` with the nearest name where there is none.
    public func metadataType(named name: String) async throws -> MetadataType {
        try find(name, in: try await metadataTypes())
    }

    /// All products by name.
    public func products() async throws -> [Product] {
        try await connection.perform { try DefinitionStore.products($0) }
    }

    /// The product of a name.
    ///
    /// - Throws: `IndexError` with the nearest name where there is none.
    public func product(named name: String) async throws -> Product {
        try Self.find(name, in: try await products())
    }

    /// Adds a metadata type and its view.
    ///
    /// - Throws: `DocumentError` with line and nearest key for a document that is none; `IndexError` where another one
    ///   bears the name.
    @discardableResult
    public func addMetadataType(_ document: SourceDocument, locksTable: Bool = false) async throws -> AdditionOutcome {
        try DefinitionCheck.metadataType(document.root)
        let log = log
        let definition = document.value.stored
        return try await connection.perform { session in
            guard let type = MetadataType(definition: definition) else { return .unchanged }
            let stored = try DefinitionStore.metadataTypes(session).first { $0.name == type.name }
            if let stored {
                log.warning("Metadata Type \(type.name) is already in the database, checking for differences")
                try Self.expectEqual(stored.definition, definition, "Metadata Type", type.name)
            } else {
                let fields = DynamicFields(type: type, product: nil)
                try Self.expectFitting(fields, type.name)
                try DefinitionStore.insert(metadataType: definition, session)
            }
            guard let added = try DefinitionStore.metadataTypes(session).first(where: { $0.name == type.name }) else {
                return .unchanged
            }
            let options = DynamicFields.Options(locksTable: locksTable)
            try DynamicFields(type: added, product: nil).ensure(session, options, log)
            return stored == nil ? .added : .unchanged
        }
    }

    /// Adds a product, its indexes and its view.
    ///
    /// - Throws: `DocumentError` with line and nearest key for a document that is none; `IndexError` where another one
    ///   bears the name, where the metadata type is unknown, or where names get too long for PostgreSQL.
    @discardableResult
    public func addProduct(_ document: SourceDocument, locksTable: Bool = false) async throws -> AdditionOutcome {
        try DefinitionCheck.product(document.root)
        if let embedded = document.root.optional("metadata_type"), embedded.value.object != nil {
            let name = embedded.value["name"]?.string ?? ""
            if try await metadataTypes().contains(where: { $0.name == name }) == false {
                log.warning("Adding the metadata type '\(name)' that the product's definition holds.")
            }
            let type = SourceDocument(origin: document.origin, value: embedded.value)
            try await addMetadataType(type, locksTable: locksTable)
        }
        let log = log
        let given = document.value.stored
        let definition = given["metadata_type"]?["name"].map { given.setting(["metadata_type"], to: $0) } ?? given
        guard let product = Product(definition: definition) else { return .unchanged }
        return try await connection.perform { session in
            let type = try Self.find(product.metadataType, in: try DefinitionStore.metadataTypes(session))
            try Self.expectFitting(DynamicFields(type: type, product: product), product.name)
            let added = try DefinitionStore.insert(product: product, type: type, session)
            let stored = try added ?? Self.find(product.name, in: try DefinitionStore.products(session))
            if added == nil {
                log.warning("Product \(product.name) is already in the database, checking for differences")
                try Self.expectEqual(stored.definition, definition, "Product", product.name)
            }
            // An interrupted run may have left the row without its indexes.
            let options = DynamicFields.Options(locksTable: locksTable)
            try DynamicFields(type: type, product: stored).ensure(session, options, log)
            return added == nil ? .unchanged : .added
        }
    }

    /// Refuses names that PostgreSQL would cut short, before anything is written.
    static func expectFitting(_ fields: DynamicFields, _ name: String) throws {
        guard let long = fields.tooLongName else { return }
        let excess = long.utf8.count - DynamicFields.longestName
        throw IndexError(
            .invalidDefinition,
            name,
            "'\(long)' would be longer than the \(DynamicFields.longestName) bytes that PostgreSQL allows",
            hint: "Use a name that is \(excess) bytes shorter."
        )
    }

    private static func expectEqual(
        _ old: DocumentValue,
        _ new: DocumentValue,
        _ kind: String,
        _ name: String
    ) throws {
        let differences = Difference.between(old, new)
        guard !differences.isEmpty else { return }
        let shown = differences.prefix(5).map(\.description).joined(separator: ", ")
        let more = differences.count > 5 ? " and \(differences.count - 5) more" : ""
        throw IndexError(
            .differsFromStored,
            name,
            "\(kind) \(name) differs from stored (\(shown)\(more))",
            hint: "Give it another name: what is indexed depends on the stored one."
        )
    }

    static func find(_ name: String, in products: [Product]) throws -> Product {
        guard let product = products.first(where: { $0.name == name }) else {
            throw IndexError(.unknownProduct, name, hint: hint(name, products.map(\.name), "datacube product add"))
        }
        return product
    }

    static func find(_ name: String, in types: [MetadataType]) throws -> MetadataType {
        guard let type = types.first(where: { $0.name == name }) else {
            throw IndexError(.unknownMetadataType, name, hint: hint(name, types.map(\.name), "datacube metadata add"))
        }
        return type
    }

    private func find(_ name: String, in types: [MetadataType]) throws -> MetadataType {
        try Self.find(name, in: types)
    }

    private static func hint(_ name: String, _ known: [String], _ command: String) -> String {
        if let near = nearest(to: name, in: known) { return "Did you mean '\(near)'?" }
        guard !known.isEmpty else { return "The index has none yet; add one: \(command) FILE" }
        let shown = known.prefix(20).joined(separator: ", ")
        return "Known: \(shown)\(known.count > 20 ? " …" : "")."
    }
}
