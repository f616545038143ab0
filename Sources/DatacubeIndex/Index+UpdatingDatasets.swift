public import Foundation
import Documents
import Logging
import Postgres

/// How datasets are updated.
public struct DatasetUpdateOptions: Sendable, Hashable {
    /// What becomes of the location that a dataset had, where the document lies elsewhere now.
    public enum LocationPolicy: String, Sendable, CaseIterable { case keep, archive, forget }

    /// Places that may change in any way, as `properties.eo:cloud_cover`; elsewhere only new keys may come at the top.
    public var allowedPlaces: [String] = []
    public var locationPolicy = LocationPolicy.keep
    public var lessMatureTolerance: Int?
    /// Finds out what would change, and writes nothing.
    public var isDryRun = false

    public init() {}
}

/// What became of one dataset that was to be updated.
public struct DatasetUpdateResult: Sendable {
    public enum Outcome: Sendable {
        /// Updated, or with `isDryRun` allowed to be.
        case updated(UpdatePlan)
        /// Not updated, as the changes are not allowed.
        case refused(UpdatePlan, IndexError)
        /// Not looked at any further: the document is broken, or the dataset is not in the index.
        case rejected(IndexError)
    }

    public let location: String
    public let id: UUID?
    public let outcome: Outcome
    /// The location that was archived or forgotten, or with `isDryRun` would be.
    public let replacedLocation: String?
}

extension Index {
    /// Replaces the documents of datasets that are in the index, and adds their locations.
    ///
    /// - Returns: What became of each candidate, in order.
    /// - Throws: `PostgresError` when the database fails.
    public func updateDatasets(
        _ candidates: [DatasetCandidate],
        options: DatasetUpdateOptions = DatasetUpdateOptions()
    ) async throws -> [DatasetUpdateResult] {
        let log = log
        return try await connection.perform { session in
            let updater = DatasetUpdater(
                session: session,
                options: options,
                products: try DefinitionStore.products(session),
                types: try DefinitionStore.metadataTypes(session),
                log: log
            )
            return try candidates.map { try updater.update($0) }
        }
    }
}

/// Updates datasets one by one.
private struct DatasetUpdater {
    let session: Session
    let options: DatasetUpdateOptions
    let products: [Product]
    let types: [MetadataType]
    let log: Logger

    func update(_ candidate: DatasetCandidate) throws -> DatasetUpdateResult {
        let (location, document) = DatasetPlanner.locate(candidate)
        var id = document.at("id")?.string.flatMap { UUID(anySpelling: $0) }
        func result(_ outcome: DatasetUpdateResult.Outcome, _ replaced: String? = nil) -> DatasetUpdateResult {
            DatasetUpdateResult(location: location, id: id, outcome: outcome, replacedLocation: replaced)
        }
        do {
            let prepared = try PreparedDataset(document)
            id = prepared.id
            guard let stored = try DatasetSearch(session: session).datasets(ids: [prepared.id]).first else {
                throw EO3Problem("No such dataset in the database: \(prepared.id.lowercased)")
            }
            let product = try Index.find(stored.productName, in: products)
            let type = try Index.find(product.metadataType, in: types)
            let renewed = DatasetPlanner.stored(prepared.document, type)
            try DatasetPlanner.checkMeasurements(renewed, product, type)
            let rules = ChangeRules.dataset(
                anyAt: options.allowedPlaces.map { $0.split(separator: ".").map(String.init) }
            )
            let plan = UpdatePlan(DocumentChange.between(stored.document, renewed), rules)
            Index.report(plan, log)
            let replaced = try replacedLocation(stored, location)
            if options.isDryRun {
                return result(
                    plan.isAllowed ? .updated(plan) : .refused(plan, IndexError(.unsafeChange, stored.idText)),
                    replaced
                )
            }
            do {
                try plan.check(stored.idText, hint: "Allow them with --allow-any KEY.")
                try session.transaction {
                    if !plan.isEmpty { try write(renewed, stored, product) }
                    try move(stored, to: location, replaced)
                }
            } catch let error as IndexError {
                return result(.refused(plan, error))
            }
            return result(.updated(plan), replaced)
        } catch let problem as EO3Problem {
            return result(.rejected(IndexError(.invalidDataset, location, problem.reason)))
        }
    }

    private func write(_ document: DocumentValue, _ stored: Dataset, _ product: Product) throws {
        try session.change(
            "UPDATE agdc.dataset SET metadata = $2::jsonb WHERE id = $1",
            [stored.idText, JSONText.write(document)]
        )
        guard let tolerance = options.lessMatureTolerance else { return }
        try Maturity(session: session, tolerance: tolerance).archiveLessMature(than: stored.id, document, product)
    }

    /// The location that the policy takes away, nil where it takes none.
    private func replacedLocation(_ stored: Dataset, _ location: String) throws -> String? {
        guard options.locationPolicy != .keep, let old = stored.locations.first, old != location else { return nil }
        guard stored.locations.count == 1 else {
            log.warning("Refusing to \(options.locationPolicy.rawValue) old location, there are several")
            return nil
        }
        return old
    }

    private func move(_ stored: Dataset, to location: String, _ replaced: String?) throws {
        if !stored.locations.contains(location) {
            let new = Location(location)
            try session.query(
                """
                INSERT INTO agdc.dataset_location (dataset_ref, uri_scheme, uri_body) VALUES ($1, $2, $3)
                ON CONFLICT (uri_scheme, uri_body, dataset_ref) DO NOTHING
                """,
                [stored.idText, new.scheme, new.body]
            )
        }
        guard let old = replaced.map({ Location($0) }) else { return }
        let change =
            options.locationPolicy == .forget
            ? "DELETE FROM agdc.dataset_location" : "UPDATE agdc.dataset_location SET archived = now()"
        try session.change(
            "\(change) WHERE dataset_ref = $1 AND uri_scheme = $2 AND uri_body = $3",
            [stored.idText, old.scheme, old.body]
        )
    }
}
