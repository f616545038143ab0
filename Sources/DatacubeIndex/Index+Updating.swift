public import Documents
import Logging
import Postgres

extension Index {
    /// Replaces the definition of a product, and makes or drops indexes as the new one asks for.
    ///
    /// - Returns: What changed, or with `isDryRun` what would; a dry run throws for no unsafe change.
    /// - Throws: `IndexError` for a product that is not in the index, for unsafe changes that are not allowed, and for
    ///   another metadata type, which is never allowed; `DocumentError` for a document that is no product.
    @discardableResult
    public func updateProduct(
        _ document: SourceDocument,
        options: UpdateOptions = UpdateOptions()
    ) async throws
        -> UpdatePlan
    {
        try DefinitionCheck.product(document.root)
        let log = log
        let given = document.value.stored
        let definition = given["metadata_type"]?["name"].map { given.setting(["metadata_type"], to: $0) } ?? given
        guard let product = Product(definition: definition) else { return UpdatePlan([], .product) }
        return try await connection.perform { session in
            let type = try Self.find(product.metadataType, in: try DefinitionStore.metadataTypes(session))
            guard let stored = try DefinitionStore.products(session).first(where: { $0.name == product.name }) else {
                throw Self.unknown("product", product.name, .unknownProduct)
            }
            let changes = DocumentChange.between(stored.definition, definition)
            let plan = UpdatePlan(changes, .product, allowsUnsafe: options.allowsUnsafe)
            Self.report(plan, log)
            guard !options.isDryRun else { return plan }
            guard !plan.isEmpty else {
                log.warning("No changes detected for product \(product.name)")
                return plan
            }
            try plan.check(product.name, hint: "Allow them with --allow-unsafe, or add the product under another name.")
            guard stored.metadataType == product.metadataType else {
                throw IndexError(
                    .unsafeChange,
                    product.name,
                    "Unsafe change: cannot (currently) switch metadata types for a product",
                    hint: "Add the product under another name."
                )
            }
            let renewed = Product(id: stored.id, definition: definition)
            try Self.expectFitting(DynamicFields(type: type, product: renewed), product.name)
            log.info("Updating product \(product.name)")
            try session.change(
                "UPDATE agdc.dataset_type SET metadata = $2::jsonb, definition = $3::jsonb WHERE name = $1",
                [product.name, JSONText.write(product.metadata), JSONText.write(definition)]
            )
            let dynamic = DynamicFields.Options(rebuildsView: true, locksTable: options.locksTable)
            try DynamicFields(type: type, product: renewed).ensure(session, dynamic, log)
            return plan
        }
    }

    /// Replaces the definition of a metadata type, and makes indexes and views of all its products as it asks for.
    ///
    /// - Returns: What changed, or with `isDryRun` what would; a dry run throws for no unsafe change.
    /// - Throws: `IndexError` for a type that is not in the index and for unsafe changes that are not allowed;
    ///   `DocumentError` for a document that is no metadata type.
    @discardableResult
    public func updateMetadataType(
        _ document: SourceDocument,
        options: UpdateOptions = UpdateOptions()
    ) async throws
        -> UpdatePlan
    {
        try DefinitionCheck.metadataType(document.root)
        let log = log
        let definition = document.value.stored
        guard let name = definition["name"]?.string else { return UpdatePlan([], .metadataType) }
        return try await connection.perform { session in
            guard let stored = try DefinitionStore.metadataTypes(session).first(where: { $0.name == name }) else {
                throw Self.unknown("metadata type", name, .unknownMetadataType)
            }
            let changes = DocumentChange.between(stored.definition, definition)
            let plan = UpdatePlan(changes, .metadataType, allowsUnsafe: options.allowsUnsafe)
            Self.report(plan, log)
            guard !options.isDryRun else { return plan }
            guard !plan.isEmpty else {
                log.warning("No changes detected for metadata type \(name)")
                return plan
            }
            try plan.check(name, hint: "Allow them with --allow-unsafe, or add the type under another name.")
            guard let renewed = MetadataType(id: stored.id, definition: definition) else { return plan }
            let products = try DefinitionStore.products(session).filter { $0.metadataType == name }
            let fields =
                [DynamicFields(type: renewed, product: nil)]
                + products.map { DynamicFields(type: renewed, product: $0) }
            for entry in fields { try Self.expectFitting(entry, name) }
            log.info("Updating metadata type \(name)")
            try session.change(
                "UPDATE agdc.metadata_type SET definition = $2::jsonb WHERE name = $1",
                [name, JSONText.write(definition)]
            )
            let dynamic = DynamicFields.Options(rebuildsView: true, locksTable: options.locksTable)
            for entry in fields { try entry.ensure(session, dynamic, log) }
            return plan
        }
    }

    private static func unknown(_ kind: String, _ name: String, _ code: IndexError.Code) -> IndexError {
        IndexError(code, name, "Unknown \(kind) \(name), cannot update – did you intend to add it?")
    }

    static func report(_ plan: UpdatePlan, _ log: Logger) {
        let show = { (value: DocumentValue?) in value.map(PythonText.repr) ?? "missing" }
        for change in plan.safe {
            log.info("Safe change in \(change.place) from \(show(change.old)) to \(show(change.new))")
        }
        for change in plan.unsafe {
            log.warning("Unsafe change in \(change.place) from \(show(change.old)) to \(show(change.new))")
        }
    }
}
