public import Documents
public import Foundation
public import Geo

/// An indexed record of one scene or tile (a row of `agdc.dataset`); never an open file.
public struct Dataset: Hashable, Sendable, Identifiable {
    public let id: UUID
    public let productName: String
    /// The document as it is stored, lineage excepted.
    public let document: DocumentValue
    /// URIs of the document, the newest first.
    public let locations: [String]
    /// When it was archived, nil while it is active.
    public let archivedTime: Date?
    /// When and by whom it was indexed; nil for a dataset that is not in the index.
    public let indexedTime: Date?
    public let indexedBy: String?

    public init(
        id: UUID,
        productName: String,
        document: DocumentValue,
        locations: [String],
        archivedTime: Date? = nil,
        indexedTime: Date? = nil,
        indexedBy: String? = nil
    ) {
        (self.id, self.productName, self.document, self.locations) = (id, productName, document, locations)
        (self.archivedTime, self.indexedTime, self.indexedBy) = (archivedTime, indexedTime, indexedBy)
    }

    public var isArchived: Bool { archivedTime != nil }

    /// True for documents in the EO3 layout, by their `$schema` or, where that is missing, by their grids.
    public var isEO3: Bool { document["$schema"]?.string == EO3.schema || document["grids"]?.object != nil }

    /// The id as Python and documents write it, in lower case.
    public var idText: String { id.uuidString.lowercased() }

    public var label: String? { document.at("label")?.string ?? document.at("ga_label")?.string }

    /// From the earliest to the latest time that the document names; nil where it names none.
    public var time: TimeRange? {
        let extent = ["extent"]
        let begins = [["properties", "dtr:start_datetime"], ["properties", "datetime"]]
        let ends = [["properties", "dtr:end_datetime"], ["properties", "datetime"]]
        let begin = dates(isEO3 ? begins : [extent + ["from_dt"], extent + ["center_dt"]]).min()
        let end = dates(isEO3 ? ends : [extent + ["to_dt"], extent + ["center_dt"]]).max()
        guard let first = begin ?? end, let last = end ?? begin else { return nil }
        return TimeRange(begin: first, end: last)
    }

    private func dates(_ paths: [[String]]) -> [Date] {
        paths.compactMap { document.at($0)?.string.flatMap(Timestamp.parse) }
    }
}
