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
        let prepared = candidates.concurrentMap { candidate -> Result<DatasetPlan, EO3Problem> in
            do throws(EO3Problem) { return .success(try planner.plan(candidate)) } catch { return .failure(error) }
        }
        return try await connection.perform { session in
            var plans: [DatasetPlan] = []
            var rejections: [AddResult?] = []
            for (candidate, result) in zip(candidates, prepared) {
                switch result {
                case .success(let plan):
                    plans.append(plan)
                    rejections.append(nil)
                case .failure(let problem): rejections.append(Self.rejection(of: candidate, problem))
                }
            }
            var outcomes = try DatasetAdder(session: session, options: options).add(plans).makeIterator()
            var planned = plans.makeIterator()
            return rejections.compactMap { rejection in
                if let rejection { return rejection }
                guard let plan = planned.next(), let outcome = outcomes.next() else { return nil }
                return AddResult(
                    location: plan.location,
                    id: plan.top.id,
                    product: plan.top.product.name,
                    outcome: outcome
                )
            }
        }
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

    private static func rejection(of candidate: DatasetCandidate, _ problem: EO3Problem) -> AddResult {
        AddResult(
            location: candidate.location,
            id: candidate.document.value.at("id")?.string.flatMap { UUID(anySpelling: $0) },
            product: nil,
            outcome: .rejected(IndexError(.invalidDataset, candidate.location, problem.reason))
        )
    }
}
