public import Documents
public import Foundation
import Postgres

/// What datasets were made from, directly or not, as the index knows it.
///
/// The index keeps lineage beside documents: those stored have none of their own.
public struct DatasetLineage: Sendable {
    private var sources: [UUID: [(classifier: String, dataset: Dataset)]] = [:]

    /// No lineage: documents stay as they are.
    public init() {}

    /// A dataset, the name of one of its sources, and that source.
    public typealias Edge = (dataset: UUID, classifier: String, source: Dataset)

    public init(_ edges: [Edge]) {
        for edge in edges { sources[edge.dataset, default: []].append((edge.classifier, edge.source)) }
    }

    /// What some datasets were made from, and what that was made from.
    public func edges(from ids: some Sequence<UUID>) -> [Edge] {
        var (found, open, seen): ([Edge], [UUID], Set<UUID>) = ([], Array(ids), [])
        while let id = open.popLast() {
            guard seen.insert(id).inserted else { continue }
            for source in sources[id] ?? [] {
                found.append((id, source.classifier, source.dataset))
                open.append(source.dataset.id)
            }
        }
        return found
    }

    /// The document of a dataset with those of its sources inside, and of theirs, as documents of the older layout hold
    /// them.
    ///
    /// A stored EO3 document cannot be given to an index again, so it becomes a reference: `{id: …}`. So does a dataset that
    /// comes from itself, and whatever comes after the first 1,000 documents.
    public func wholeDocument(of dataset: Dataset) -> DocumentValue {
        var room = Self.mostDocuments
        return whole(dataset, beneath: [], &room)
    }

    private static let mostDocuments = 1000

    private func whole(_ dataset: Dataset, beneath: Set<UUID>, _ room: inout Int) -> DocumentValue {
        guard room > 0, !beneath.contains(dataset.id), dataset.document.at("$schema") != .string(EO3.schema) else {
            return ["id": .string(dataset.idText)]
        }
        room -= 1
        guard let sources = sources[dataset.id] else { return dataset.document }
        var embedded = DocumentObject()
        for (classifier, source) in sources {
            embedded[classifier] = whole(source, beneath: beneath.union([dataset.id]), &room)
        }
        return dataset.document.setting(["lineage", "source_datasets"], to: .object(embedded))
    }
}

extension Index {
    /// What some datasets were made from, and what that was made from.
    public func lineage(of ids: [UUID]) async throws -> DatasetLineage {
        try await connection.perform { session in
            // UNION leaves out what was seen, so that a circle ends.
            let sql = """
                WITH RECURSIVE line (id) AS (
                    SELECT unnest($1::uuid[])
                    UNION
                    SELECT s.source_dataset_ref FROM agdc.dataset_source AS s JOIN line ON s.dataset_ref = line.id
                )
                SELECT s.dataset_ref, s.classifier, s.source_dataset_ref
                FROM agdc.dataset_source AS s JOIN line ON s.dataset_ref = line.id ORDER BY 1, 2
                """
            let rows = try session.query(sql, [SQLArray.text(ids.map(\.lowercased))])
            let edges = rows.compactMap { row -> (dataset: UUID, classifier: String, source: UUID)? in
                guard let dataset = row["dataset_ref"].flatMap(UUID.init(uuidString:)),
                    let source = row["source_dataset_ref"].flatMap(UUID.init(uuidString:))
                else { return nil }
                return (dataset, row["classifier"] ?? "", source)
            }
            let found = try DatasetSearch(session: session).datasets(ids: Array(Set(edges.map(\.source))))
            let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            return DatasetLineage(
                edges.compactMap { edge in byID[edge.source].map { (edge.dataset, edge.classifier, $0) } }
            )
        }
    }
}
