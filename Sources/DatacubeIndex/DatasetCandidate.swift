public import Documents
public import Foundation

/// A dataset document that is to be added, and where it lies.
public struct DatasetCandidate: Sendable {
    public let document: SourceDocument
    /// The URI of the document, to which its measurements' paths are relative.
    public let location: String

    public init(document: SourceDocument, location: String) { (self.document, self.location) = (document, location) }
}

/// How datasets are added.
public struct AddOptions: Sendable, Hashable {
    /// Products to choose from; empty for all.
    public var products: [String] = []
    /// Products not to choose.
    public var excludedProducts: [String] = []
    /// Adds lineage that older documents embed and the index lacks.
    public var addsLineage = true
    /// Compares embedded lineage with what is stored.
    public var verifiesLineage = true
    /// Stores no lineage at all.
    public var ignoresLineage = false
    /// Checks everything and writes nothing.
    public var isDryRun = false
    /// Archives less mature datasets of the same product, region and time, within so many milliseconds; nil: none.
    public var lessMatureTolerance: Int?
    /// How many datasets go into one transaction.
    public var batchSize = 1000

    public init() {}
}

/// What became of one candidate.
public struct AddResult: Sendable {
    public enum Outcome: Sendable, Equatable {
        case added
        case alreadyPresent
        case rejected(IndexError)
        /// No document could be read here.
        case unreadable(DocumentError)
    }

    /// The URI of the document; of what could not be read, the path as it was given.
    public let location: String
    /// Nil where the document has none.
    public let id: UUID?
    /// The product it belongs to, nil where none fits.
    public let product: String?
    public let outcome: Outcome
    /// Why it has no footprint though the index keeps them; it is indexed all the same.
    public var footprintProblem: String?

    public var rejection: IndexError? {
        guard case .rejected(let error) = outcome else { return nil }
        return error
    }
}
