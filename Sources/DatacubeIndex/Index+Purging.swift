public import Foundation
import Logging
import Postgres

extension Index {
    /// Deletes datasets with their locations and their lineage, all or none.
    ///
    /// Active datasets are deleted only with `force`.
    /// - Returns: How many were deleted.
    /// - Throws: `IndexError` for an active dataset, and for one that another dataset still names as its source.
    @discardableResult
    public func purge(_ ids: [UUID], force: Bool = false) async throws -> Int {
        try await connection.transaction { try Self.purge(ids, force: force, $0) }
    }

    private static func purge(_ ids: [UUID], force: Bool, _ session: Session) throws -> Int {
        let list = SQLArray.text(ids.map(\.lowercased))
        let active = "SELECT id FROM agdc.dataset WHERE id = ANY ($1::uuid[]) AND archived IS NULL LIMIT 1"
        if !force, let id = try session.query(active, [list]).first?["id"] {
            throw IndexError(.conflict, id, "Cannot purge non-archived dataset: \(id)", hint: "Archive it first.")
        }
        let outside = """
            SELECT dataset_ref, source_dataset_ref FROM agdc.dataset_source
            WHERE source_dataset_ref = ANY ($1::uuid[]) AND dataset_ref <> ALL ($1::uuid[]) LIMIT 1
            """
        if let edge = try session.query(outside, [list]).first {
            let (source, derived) = (edge["source_dataset_ref"] ?? "", edge["dataset_ref"] ?? "")
            throw IndexError(
                .conflict,
                source,
                "dataset \(derived) was made from it",
                hint: "Purge both, the derived one as well."
            )
        }
        try session.change("DELETE FROM agdc.dataset_location WHERE dataset_ref = ANY ($1::uuid[])", [list])
        try session.change("DELETE FROM agdc.dataset_source WHERE dataset_ref = ANY ($1::uuid[])", [list])
        return try session.change("DELETE FROM agdc.dataset WHERE id = ANY ($1::uuid[])", [list])
    }

    /// Deletes a product with all its datasets, its indexes and its view.
    ///
    /// With `force` it goes although datasets of it are active.
    /// - Returns: False where active datasets kept it from being deleted.
    /// - Throws: `IndexError` for an unknown product, and where datasets of others were made from its own.
    public func deleteProduct(named name: String, force: Bool = false) async throws -> Bool {
        let log = log
        return try await connection.transaction { session in
            let product = try Self.find(name, in: try DefinitionStore.products(session))
            let type = try Self.find(product.metadataType, in: try DefinitionStore.metadataTypes(session))
            let number = product.id.map(String.init)
            let rows = try session.query(
                "SELECT id, archived IS NULL AS active FROM agdc.dataset WHERE dataset_type_ref = $1",
                [number]
            )
            if !force, rows.contains(where: { $0.bool("active") == true }) { return false }
            _ = try Self.purge(rows.compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }, force: true, session)
            try DynamicFields(type: type, product: product).drop(session, log)
            try session.change("DELETE FROM agdc.dataset_type WHERE id = $1", [number])
            return true
        }
    }
}
