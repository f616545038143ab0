public import Documents
public import Foundation

/// What workflows need of an index: the one in PostgreSQL (`Index`), or one in memory.
public protocol DatasetIndex: Sendable {
    /// All products, by name.
    func products() async throws -> [Product]

    /// Adds a product; one that is there with the same definition is left as it is.
    ///
    /// - `locksTable`: Makes the product's indexes in one go, which keeps others from writing meanwhile.
    @discardableResult
    func addProduct(_ document: SourceDocument, locksTable: Bool) async throws -> AdditionOutcome

    /// Replaces the definition of a product.
    ///
    /// - Throws: `IndexError` for a product that is not in the index, and for unsafe changes that are not allowed.
    @discardableResult
    func updateProduct(_ document: SourceDocument, options: UpdateOptions) async throws -> UpdatePlan

    /// The datasets that meet all conditions.
    func datasets(matching query: DatasetQuery) async throws -> [Dataset]

    /// What some datasets were made from, directly or not.
    func lineage(of ids: [UUID]) async throws -> DatasetLineage

    /// Adds a dataset with its location; one that is there is left as it is.
    ///
    /// - Returns: True where it was not in the index before.
    @discardableResult
    func addDataset(_ document: SourceDocument, location: String, options: AddOptions) async throws -> Bool

    /// Takes datasets out of every search; their rows stay.
    ///
    /// - Returns: How many were active before.
    @discardableResult
    func archive(_ ids: [UUID]) async throws -> Int
}

extension DatasetIndex {
    /// The product of a name.
    ///
    /// - Throws: `IndexError` with the nearest name.
    public func product(named name: String) async throws -> Product {
        let all = try await products()
        guard let product = all.first(where: { $0.name == name }) else {
            let near = nearest(to: name, in: all.map(\.name)).map { "Did you mean '\($0)'? " } ?? ""
            throw IndexError(
                .unknownProduct,
                name,
                "there is no such product in the index",
                hint: near + "See: product list."
            )
        }
        return product
    }
}
