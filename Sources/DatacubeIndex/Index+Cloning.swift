import Documents
import Foundation
import Logging
import Postgres

/// What is cloned.
public struct CloneOptions: Sendable, Hashable {
    public var copiesDatasets = true
    public var copiesLineage = true
    public var batchSize = 1000

    public init() {}
}

/// What cloning did.
public struct CloneReport: Sendable, Hashable, Encodable {
    public var metadataTypes = 0
    public var products = 0
    public var datasets = 0
    public var lineage = 0
    /// Types and products that are in both indexes with different content; their datasets are left out.
    public var excluded: [String] = []
}

extension Index {
    /// Copies metadata types, products, datasets with their locations, and lineage from another index into this one.
    ///
    /// What is here already stays as it is. Archived datasets and locations come along and stay archived.
    public func clone(from source: Index, options: CloneOptions = CloneOptions()) async throws -> CloneReport {
        var report = CloneReport()
        let types = try await metadataTypes()
        var safeTypes: Set<String> = []
        for type in try await source.metadataTypes() {
            let existing = types.first { $0.name == type.name }
            if let existing, !Difference.between(existing.definition, type.definition).isEmpty {
                log.warning("Metadata type \(type.name) differs from the one here; its products are left out.")
                report.excluded.append(type.name)
                continue
            }
            safeTypes.insert(type.name)
            guard existing == nil else { continue }
            try await addMetadataType(SourceDocument(origin: type.name, value: type.definition))
            report.metadataTypes += 1
        }
        let own = try await products()
        var names: [String] = []
        for product in try await source.products() where safeTypes.contains(product.metadataType) {
            let existing = own.first { $0.name == product.name }
            if let existing, !Difference.between(existing.definition, product.definition).isEmpty {
                log.warning("Product \(product.name) differs from the one here; its datasets are left out.")
                report.excluded.append(product.name)
                continue
            }
            names.append(product.name)
            guard existing == nil else { continue }
            try await addProduct(SourceDocument(origin: product.name, value: product.definition))
            report.products += 1
        }
        if options.copiesDatasets { report.datasets = try await copyDatasets(of: names, from: source, options) }
        if options.copiesLineage { report.lineage = try await copyLineage(from: source, options) }
        return report
    }

    private func copyDatasets(of products: [String], from source: Index, _ options: CloneOptions) async throws -> Int {
        var (copied, last) = (0, "00000000-0000-0000-0000-000000000000")
        let names = SQLArray.text(products)
        while true {
            try Task.checkCancellation()
            let (after, size) = (last, String(max(1, options.batchSize)))
            let (rows, locations) = try await source.connection.perform { session in
                let rows = try session.query(
                    """
                    SELECT d.id, p.name AS product, d.metadata, d.archived \(DatasetSearch.tables)
                    WHERE d.id > $1 AND p.name = ANY ($2::text[]) ORDER BY d.id LIMIT $3
                    """,
                    [after, names, size]
                )
                let locations = try session.query(
                    """
                    SELECT dataset_ref, uri_scheme, uri_body, archived FROM agdc.dataset_location
                    WHERE dataset_ref = ANY ($1::uuid[]) ORDER BY added, id
                    """,
                    [SQLArray.text(rows.map { $0["id"] })]
                )
                return (rows, locations)
            }
            guard let end = rows.last?["id"] else { return copied }
            last = end
            copied += try await connection.transaction { session in
                let added = try session.query(
                    """
                    INSERT INTO agdc.dataset (id, dataset_type_ref, metadata_type_ref, metadata, archived)
                    SELECT g.id, p.id, p.metadata_type_ref, g.metadata, g.archived
                    FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::timestamptz[])
                        AS g (id, product, metadata, archived)
                    JOIN agdc.dataset_type AS p ON p.name = g.product
                    ON CONFLICT (id) DO NOTHING RETURNING id
                    """,
                    ["id", "product", "metadata", "archived"].map { name in SQLArray.text(rows.map { $0[name] }) }
                )
                let ids = Set(added.compactMap { $0["id"] })
                let new = locations.filter { ids.contains($0["dataset_ref"] ?? "") }
                try session.query(
                    """
                    INSERT INTO agdc.dataset_location (dataset_ref, uri_scheme, uri_body, archived)
                    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
                    ON CONFLICT (uri_scheme, uri_body, dataset_ref) DO NOTHING
                    """,
                    ["dataset_ref", "uri_scheme", "uri_body", "archived"].map { name in
                        SQLArray.text(new.map { $0[name] })
                    }
                )
                return ids.count
            }
        }
    }

    /// Lineage between datasets that are both here.
    private func copyLineage(from source: Index, _ options: CloneOptions) async throws -> Int {
        var copied = 0
        var last: (id: String, classifier: String) = ("00000000-0000-0000-0000-000000000000", "")
        while true {
            try Task.checkCancellation()
            let parameters = [last.id, last.classifier, String(max(1, options.batchSize))]
            let edges = try await source.connection.query(
                """
                SELECT dataset_ref, classifier, source_dataset_ref FROM agdc.dataset_source
                WHERE (dataset_ref, classifier) > ($1::uuid, $2) ORDER BY dataset_ref, classifier LIMIT $3
                """,
                parameters
            )
            guard let end = edges.last else { return copied }
            last = (end["dataset_ref"] ?? "", end["classifier"] ?? "")
            let columns = ["dataset_ref", "classifier", "source_dataset_ref"].map { name in
                SQLArray.text(edges.map { $0[name] })
            }
            copied += try await connection.perform { session in
                try session.change(
                    """
                    INSERT INTO agdc.dataset_source (dataset_ref, classifier, source_dataset_ref)
                    SELECT g.* FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS g (derived, classifier, source)
                    JOIN agdc.dataset AS a ON a.id = g.derived JOIN agdc.dataset AS b ON b.id = g.source
                    ON CONFLICT DO NOTHING
                    """,
                    columns
                )
            }
        }
    }
}
