import Documents

/// Which product a dataset document belongs to.
struct ProductMatch: Sendable {
    /// The products to choose from.
    let candidates: [Product]

    /// - Throws: `EO3Problem` with the reason where none fits, or several do.
    func product(for document: DocumentValue, id: String) throws(EO3Problem) -> Product {
        let fitting = candidates.filter { Self.contains(document, $0.metadata) }
        if fitting.count == 1 { return fitting[0] }
        if fitting.count > 1 {
            let names = fitting.map(\.name).sorted().joined(separator: ", ")
            throw EO3Problem("Auto match failed, dataset \(id) matches several products: \(names)")
        }
        if candidates.count == 1 {
            throw EO3Problem(
                "Dataset metadata did not match product signature of '\(candidates[0].name)': "
                    + Self.firstMismatches(document, candidates[0].metadata).joined(separator: "; ")
            )
        }
        let nearest = candidates.map { ($0, Self.firstMismatches(document, $0.metadata)) }
            .min { ($0.1.count, $0.0.name) < ($1.1.count, $1.0.name) }
        guard let nearest else {
            throw EO3Problem("No matching Product found for dataset \(id): the index has no products")
        }
        throw EO3Problem(
            "No matching Product found for dataset \(id); the nearest is '\(nearest.0.name)', but "
                + nearest.1.joined(separator: "; ")
        )
    }

    /// True where every key path of the signature leads to an equal value; texts are compared without regard to case.
    static func contains(_ value: DocumentValue?, _ signature: DocumentValue) -> Bool {
        switch (value, signature) {
        case (.object(let object)?, .object(let expected)): expected.allSatisfy { contains(object[$0.key], $0.value) }
        case (.object?, .null): true
        case (.string(let text)?, .string(let expected)): text.lowercased() == expected.lowercased()
        default: Difference.isEqual(value, signature)
        }
    }

    /// The places where a document leaves the signature, at most three.
    static func firstMismatches(_ value: DocumentValue?, _ signature: DocumentValue) -> [String] {
        Array(mismatches(value, signature, []).prefix(3))
    }

    private static func mismatches(_ value: DocumentValue?, _ signature: DocumentValue, _ path: [String]) -> [String] {
        if contains(value, signature) { return [] }
        if case .object(let expected) = signature, value?.object != nil || path.isEmpty {
            return expected.flatMap { mismatches(value?[$0.key], $0.value, path + [$0.key]) }
        }
        let found = value.map { JSONText.write($0) } ?? "nothing"
        return ["\(path.joined(separator: ".")) is \(found), the product asks for \(JSONText.write(signature))"]
    }
}
