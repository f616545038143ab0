import DatacubeIndex
import Documents

/// The product that a run writes tiles of.
struct OutputProduct {
    let definition: DocumentValue
    /// What messages call the definition: a file, or a recipe.
    let origin: String
    /// What to do about a product of the name that says otherwise.
    let hint: String
    /// Updates the indexed product where it says otherwise, as far as such changes are safe for the tiles that it has.
    var allowsChanges = false

    /// The product as it is indexed, added where it is missing: before anything is computed, so that a refusal costs
    /// nothing.
    ///
    /// A dry run adds nothing; its product has no number.
    func ensure(on index: any DatasetIndex, isDryRun: Bool) async throws -> Product {
        guard let product = Product(definition: definition) else {
            throw WorkflowError(.badRequest, "\(origin) gives no name for the product to make")
        }
        if let existing = try await index.products().first(where: { $0.name == product.name }) {
            if existing.definition == definition { return existing }
            guard allowsChanges else {
                let reason = "\(origin): product '\(product.name)' is in the index with another definition"
                throw WorkflowError(.badRequest, reason, hint: hint)
            }
            let document = SourceDocument(origin: origin, value: definition)
            var update = UpdateOptions()
            update.isDryRun = true
            let plan = try await index.updateProduct(document, options: update)
            guard plan.isAllowed else {
                let places = plan.unsafe.map(\.place).joined(separator: ", ")
                let reason =
                    "\(origin): product '\(product.name)' would no longer fit its tiles: \(places) would change"
                throw WorkflowError(.badRequest, reason, hint: "Use another output_type.")
            }
            if isDryRun { return existing }
            try await index.updateProduct(document, options: UpdateOptions())
            return try await index.product(named: product.name)
        }
        if isDryRun { return product }
        try await index.addProduct(SourceDocument(origin: origin, value: definition), locksTable: false)
        return try await index.product(named: product.name)
    }
}
