import Documents
import Foundation
import IndexSQL
import Postgres

/// Writes plans to the database, many in one transaction.
struct DatasetAdder {
    let session: Session
    let options: AddOptions

    /// What became of each plan, in order.
    func add(_ plans: [DatasetPlan]) throws -> [AddResult.Outcome] {
        var outcomes: [AddResult.Outcome?] = plans.map { _ in nil }
        var waiting = Array(plans.indices)
        // A source may stand behind what derives from it: go round until nothing more gets in.
        while !waiting.isEmpty {
            let results = try addOnce(waiting.map { plans[$0] })
            for (index, outcome) in zip(waiting, results) { outcomes[index] = outcome }
            let deferred = waiting.filter { outcomes[$0] == nil }
            if deferred.count == waiting.count { break }
            waiting = deferred
        }
        let missing = outcomes.indices.filter { outcomes[$0] == nil }
        let known = try existing(missing.flatMap { plans[$0].outsideSources })
        for index in missing { outcomes[index] = .rejected(missingSource(plans[index], known)) }
        return outcomes.compactMap { $0 }
    }

    /// What became of each plan, in order; nil stands for one that waits for sources which are not in the index yet.
    func addOnce(_ plans: [DatasetPlan]) throws -> [AddResult.Outcome?] {
        var outcomes: [AddResult.Outcome?] = plans.map { _ in nil }
        // What the maturity of one archives, the next has to see.
        let size = options.lessMatureTolerance == nil ? max(1, options.batchSize) : 1
        for start in stride(from: 0, to: plans.count, by: size) {
            let batch = Array(start..<min(start + size, plans.count))
            for (index, outcome) in try add(batch, of: plans) { outcomes[index] = outcome }
        }
        return outcomes
    }

    /// Adds what can be added; nil stands for a plan that waits for its sources.
    private func add(_ batch: [Int], of plans: [DatasetPlan]) throws -> [(Int, AddResult.Outcome?)] {
        let ids = batch.flatMap { plans[$0].nodes.map(\.id) + plans[$0].outsideSources }
        let known = try existing(ids)
        var coming = Set<UUID>()
        var results: [(Int, AddResult.Outcome?)] = []
        var ready: [Int] = []
        for index in batch {
            let plan = plans[index]
            if known.contains(plan.top.id) || coming.contains(plan.top.id) {
                results.append((index, .alreadyPresent))
            } else if !plan.outsideSources.allSatisfy({ known.contains($0) || coming.contains($0) }) {
                results.append((index, nil))
            } else if let error = try inconsistency(of: plan, known) {
                results.append((index, .rejected(error)))
            } else {
                ready.append(index)
                for node in plan.nodes { coming.insert(node.id) }
            }
        }
        if options.isDryRun { return results + ready.map { ($0, .added) } }
        return results + (try write(ready, of: plans))
    }

    /// Writes plans in one transaction; where that fails, each half in its own, so that one bad dataset stops no other.
    private func write(_ ready: [Int], of plans: [DatasetPlan]) throws -> [(Int, AddResult.Outcome?)] {
        guard !ready.isEmpty else { return [] }
        do {
            let added = try write(ready.map { plans[$0] })
            return ready.map { ($0, added.contains(plans[$0].top.id) ? .added : .alreadyPresent) }
        } catch let error as IndexError where ready.count == 1 {
            return [(ready[0], .rejected(error))]
        } catch let error as PostgresError where !error.isUnreachable {
            guard ready.count == 1 else {
                let half = ready.count / 2
                return try write(Array(ready[..<half]), of: plans) + write(Array(ready[half...]), of: plans)
            }
            guard error.sqlState != "42501" else { throw error }
            let plan = plans[ready[0]]
            let reason = error.messages.joined(separator: "; ")
            return [(ready[0], .rejected(IndexError(.invalidDataset, plan.location, reason, hint: error.hint)))]
        }
    }

    /// Returns the ids that were not there before.
    ///
    /// All of a batch gets in or nothing, so that a kill leaves whole datasets only. What another program adds at the
    /// same time is waited for and then left alone; rows are written in the order of ids, so that two never wait for
    /// each other.
    private func write(_ plans: [DatasetPlan]) throws -> Set<UUID> {
        let isolation: Session.Isolation = options.lessMatureTolerance == nil ? .readCommitted : .repeatableRead
        var attempts = 0
        while true {
            do {
                return try session.transaction(isolation: isolation) { try insert(plans) }
            } catch let error as PostgresError where Self.passing.contains(error.sqlState ?? "") && attempts < 20 {
                attempts += 1  // Another program wrote the same rows meanwhile.
            }
        }
    }

    /// Serialization failure and deadlock.
    private static let passing = ["40001", "40P01"]

    private func insert(_ plans: [DatasetPlan]) throws -> Set<UUID> {
        let nodes = plans.flatMap(\.nodes)
        let rows = try session.query(
            try SQLFiles.query("insert_datasets"),
            [
                SQLArray.text(nodes.map { $0.id.lowercased }),
                SQLArray.text(nodes.map(\.text)),
                SQLArray.text(nodes.map { $0.product.id.map(String.init) }),
            ]
        )
        let added = Set(rows.compactMap { $0["id"].flatMap { UUID(uuidString: $0) } })
        let edges = nodes.filter { added.contains($0.id) }.flatMap { node in node.edges.map { (node.id, $0) } }
        if !edges.isEmpty {
            try session.query(
                try SQLFiles.query("insert_sources"),
                [
                    SQLArray.text(edges.map { $0.0.lowercased }), SQLArray.text(edges.map { $0.1.classifier }),
                    SQLArray.text(edges.map { $0.1.source.lowercased }),
                ]
            )
        }
        let located = plans.filter { added.contains($0.top.id) }
        let parts = located.map { Location($0.location) }
        try session.query(
            try SQLFiles.query("insert_locations"),
            [
                SQLArray.text(located.map { $0.top.id.lowercased }), SQLArray.text(parts.map(\.scheme)),
                SQLArray.text(parts.map(\.body)),
            ]
        )
        if let tolerance = options.lessMatureTolerance {
            for plan in located {
                try Maturity(session: session, tolerance: tolerance)
                    .archiveLessMature(than: plan.top.id, plan.top.document, plan.top.product)
            }
        }
        return added
    }

    /// Why datasets have no footprint, by their ids; empty where the index has no table of footprints.
    func footprintProblems(of ids: [UUID]) throws -> [UUID: String] {
        guard !ids.isEmpty, try IndexSchema.keepsFootprints(session) else { return [:] }
        let sql =
            "SELECT dataset, problem FROM antares.dataset_footprint WHERE problem IS NOT NULL AND dataset = ANY ($1::uuid[])"
        let rows = try session.query(sql, [SQLArray.text(ids.map(\.lowercased))])
        let pairs = rows.compactMap { row in
            row["dataset"].flatMap { UUID(uuidString: $0) }.map { ($0, row["problem"] ?? "") }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    private func existing(_ ids: [UUID]) throws -> Set<UUID> {
        let rows = try session.query(
            "SELECT id FROM agdc.dataset WHERE id = ANY ($1::uuid[])",
            [SQLArray.text(ids.map(\.lowercased))]
        )
        return Set(rows.compactMap { $0["id"].flatMap { UUID(uuidString: $0) } })
    }

    /// Where an embedded source differs from the dataset of its id in the index.
    private func inconsistency(of plan: DatasetPlan, _ known: Set<UUID>) throws -> IndexError? {
        guard options.verifiesLineage else { return nil }
        for node in plan.embedded where known.contains(node.id) {
            let sql = "SELECT metadata FROM agdc.dataset WHERE id = $1"
            let row = try session.query(sql, [node.id.lowercased]).first
            let stored = try DefinitionStore.document(row?["metadata"], node.id.lowercased)
            guard let difference = Difference.between(stored, node.document).first else { continue }
            return IndexError(
                .invalidDataset,
                plan.location,
                "Inconsistent lineage dataset \(node.id.lowercased): it is stored with other content (\(difference))",
                hint: "Correct the document, or use --no-verify-lineage."
            )
        }
        return nil
    }

    private func missingSource(_ plan: DatasetPlan, _ known: Set<UUID>) -> IndexError {
        let edges = plan.nodes.flatMap(\.edges)
        guard options.addsLineage else {
            let missing = plan.outsideSources.union(edges.map(\.source)).subtracting(known).subtracting([plan.top.id])
            return IndexError(
                .invalidDataset,
                plan.location,
                "Following lineage datasets are missing from the index: "
                    + missing.map(\.lowercased).sorted().joined(separator: ", "),
                hint: "Add them first, or leave --no-auto-add-lineage out."
            )
        }
        let missing =
            edges.first { plan.outsideSources.contains($0.source) && !known.contains($0.source) } ?? edges.first
        return IndexError(
            .invalidDataset,
            plan.location,
            "Error loading lineage dataset: source \(missing?.source.lowercased ?? "") "
                + "('\(missing?.classifier ?? "")') is not in the index",
            hint: "Add the source first, or use --ignore-lineage."
        )
    }
}

/// A URI as the index keeps it: what stands before the first colon, and the rest.
struct Location {
    let scheme: String
    let body: String

    init(_ uri: String) {
        let parts = uri.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        (scheme, body) = parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("file", "//" + uri)
    }
}
