public import Documents
import Foundation
import Postgres

extension Index {
    /// Adds datasets; bad ones are rejected with their reason and stop no other.
    ///
    /// A dataset that is in the index already is left alone and gets no further location. Sources may stand behind
    /// what derives from them.
    /// - Returns: What became of each candidate, in order.
    /// - Throws: `IndexError` for an unknown product in the options; `PostgresError` when the database fails.
    public func addDatasets(
        _ candidates: [DatasetCandidate],
        options: AddOptions = AddOptions()
    ) async throws -> [AddResult] {
        let planner = try await connection.perform { try Self.makePlanner($0, options) }
        // Reading and preparing documents takes longer than writing them, and needs no connection.
        let prepared = candidates.concurrentMap { planner.prepare($0) }
        return try await connection.perform { session in
            try Self.write(prepared, session, options, isLast: true).compactMap { $0 }
        }
    }

    /// Adds the datasets of documents at paths or URLs: while some are written, the next are read and prepared on all
    /// cores.
    ///
    /// - Parameters:
    ///   - paths: What `DatasetFiles` reads.
    ///   - options: Which products to choose from, and what is checked.
    ///   - convert: The candidates that one stands for, as the datasets of a STAC collection.
    ///   - report: Called with what became of each, mostly in order; those that wait for sources come last.
    /// - Throws: `IndexError` for an unknown product in the options; `PostgresError` when the database fails: what was
    ///   reported until then is in the index.
    public func addDatasets(
        at paths: [String],
        options: AddOptions = AddOptions(),
        convert: @escaping @Sendable (DatasetCandidate) -> [Result<DatasetCandidate, DocumentError>] = {
            [.success($0)]
        },
        report: (_ results: [AddResult], _ pathsDone: Int) -> Void
    ) async throws {
        let planner = try await connection.perform { try Self.makePlanner($0, options) }
        let size = max(1, options.batchSize)
        var waiting: [PreparedCandidate] = []
        var writing: (task: Task<[AddResult?], any Error>, prepared: [PreparedCandidate], paths: Int)?
        func finish() async throws {
            guard let last = writing else { return }
            writing = nil
            let results = try await last.task.value
            for (item, result) in zip(last.prepared, results) where result == nil { waiting.append(item) }
            report(results.compactMap { $0 }, last.paths)
        }
        for start in stride(from: 0, to: paths.count, by: size) {
            try Task.checkCancellation()
            let part = Array(paths[start..<min(start + size, paths.count)])
            let prepared = part.concurrentMap { path -> [PreparedCandidate] in
                switch DatasetFiles.result(at: path) {
                case .failure(let error): [.finished(AddResult(path, .unreadable(error)))]
                case .success(let found):
                    found.flatMap { candidate in convert(candidate).map { ($0, candidate.location) } }.map {
                        switch $0 {
                        case .success(let candidate): planner.prepare(candidate)
                        case .failure(let error): .finished(AddResult($1, .unreadable(error)))
                        }
                    }
                }
            }.flatMap { $0 }
            try await finish()
            let task = Task { [connection] in
                try await connection.perform { try Self.write(prepared, $0, options, isLast: false) }
            }
            writing = (task, prepared, part.count)
        }
        try await finish()
        guard !waiting.isEmpty else { return }
        let rest = waiting
        let results = try await connection.perform { try Self.write(rest, $0, options, isLast: true) }
        report(results.compactMap { $0 }, 0)
    }

    /// Adds one dataset.
    ///
    /// - Returns: True where it was not in the index before.
    /// - Throws: `IndexError` with the reason for a document that is rejected.
    @discardableResult
    public func addDataset(
        _ document: SourceDocument,
        location: String,
        options: AddOptions = AddOptions()
    ) async throws -> Bool {
        let results = try await addDatasets(
            [DatasetCandidate(document: document, location: location)],
            options: options
        )
        if let error = results.first?.rejection { throw error }
        return results.first?.outcome == .added
    }

    private static func makePlanner(_ session: Session, _ options: AddOptions) throws -> DatasetPlanner {
        let all = try DefinitionStore.products(session)
        let chosen = try options.products.isEmpty ? all : options.products.map { try find($0, in: all) }
        for name in options.excludedProducts { _ = try find(name, in: all) }
        let types = try DefinitionStore.metadataTypes(session)
        return DatasetPlanner(
            types: Dictionary(types.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
            match: ProductMatch(candidates: chosen.filter { !options.excludedProducts.contains($0.name) }),
            options: options
        )
    }

    /// Writes what is prepared; nil stands for a dataset that waits for its sources, none of them where `isLast`.
    private static func write(
        _ prepared: [PreparedCandidate],
        _ session: Session,
        _ options: AddOptions,
        isLast: Bool
    ) throws -> [AddResult?] {
        let plans = prepared.compactMap(\.plan)
        let adder = DatasetAdder(session: session, options: options)
        let outcomes = isLast ? try adder.add(plans) : try adder.addOnce(plans)
        let added = zip(plans, outcomes).filter { $1 == .added }.map(\.0.top.id)
        let problems = options.isDryRun ? [:] : try adder.footprintProblems(of: added)
        var planned = zip(plans, outcomes).makeIterator()
        return prepared.map { item in
            if case .finished(let result) = item { return result }
            guard let (plan, outcome) = planned.next(), let outcome else { return nil }
            let (id, name) = (plan.top.id, plan.top.product.name)
            var result = AddResult(location: plan.location, id: id, product: name, outcome: outcome)
            if outcome == .added { result.footprintProblem = problems[id] }
            return result
        }
    }
}

/// A candidate on its way into the index.
private enum PreparedCandidate: Sendable {
    case plan(DatasetPlan)
    /// Nothing is left to do.
    case finished(AddResult)

    var plan: DatasetPlan? {
        guard case .plan(let plan) = self else { return nil }
        return plan
    }
}

extension DatasetPlanner {
    fileprivate func prepare(_ candidate: DatasetCandidate) -> PreparedCandidate {
        do throws(EO3Problem) {
            return .plan(try plan(candidate))
        } catch {
            let id = candidate.document.value.at("id")?.string.flatMap { UUID(anySpelling: $0) }
            let reason = IndexError(.invalidDataset, candidate.location, error.reason)
            return .finished(
                AddResult(location: candidate.location, id: id, product: nil, outcome: .rejected(reason))
            )
        }
    }
}

extension AddResult {
    /// What became of what is no dataset of a product.
    public init(_ location: String, _ outcome: Outcome) {
        self.init(location: location, id: nil, product: nil, outcome: outcome)
    }
}
