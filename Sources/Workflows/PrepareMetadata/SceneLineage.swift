import Documents
import Foundation

/// Which sources the documents of scenes name, and the order in which an index takes them: sources first.
struct SceneLineage {
    private let choice: MetadataRequest.Lineage
    /// Which of some datasets are in the index.
    private let indexed: (Set<UUID>) async throws -> Set<UUID>

    init(
        _ choice: MetadataRequest.Lineage,
        indexed: @escaping (Set<UUID>) async throws -> Set<UUID> = { _ in [] }
    ) {
        (self.choice, self.indexed) = (choice, indexed)
    }

    func applied(to documents: [DocumentValue]) async throws -> [DocumentValue] {
        try await order(documents).map(\.document)
    }

    /// The documents with their numbers in the order given; those that name sources come last.
    func order(_ documents: [DocumentValue]) async throws -> [(number: Int, document: DocumentValue)] {
        let sources = documents.map(Self.sources)
        var kept = Set(sources.flatMap { $0 })
        switch choice {
        case .all: break
        case .none: kept = []
        case .known where !kept.isEmpty:
            let here = Set(documents.compactMap { $0["id"]?.string.flatMap { UUID(uuidString: $0) } })
            kept = try await indexed(kept.subtracting(here)).union(kept.intersection(here))
        case .known: break
        }
        let all = documents.enumerated().map { number, document in
            (number: number, document: sources[number].isSubset(of: kept) ? document : Self.without(document))
        }
        return all.filter { Self.sources($0.document).isEmpty } + all.filter { !Self.sources($0.document).isEmpty }
    }

    /// Of an EO3 document; those of the older layout that readers make have none.
    private static func sources(_ document: DocumentValue) -> Set<UUID> {
        guard let lineage = document["lineage"]?.object else { return [] }
        return Set(
            lineage.flatMap { entry in
                entry.value.array?.compactMap { $0.string.flatMap { UUID(uuidString: $0) } } ?? []
            }
        )
    }

    private static func without(_ document: DocumentValue) -> DocumentValue {
        guard case .object(var root) = document else { return document }
        root["lineage"] = .object(DocumentObject())
        return .object(root)
    }
}
