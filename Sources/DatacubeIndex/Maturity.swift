import Documents
import Foundation
import Geo
import Postgres

/// Archiving what a more mature dataset of the same product, region and time replaces: `final` before `interim` before
/// `nrt`.
struct Maturity {
    let session: Session
    /// How far times may lie apart, in milliseconds.
    let tolerance: Int

    /// Archives the less mature twins of a dataset that is in the index.
    ///
    /// - Throws: `IndexError` where the document lacks region, time or maturity, and where a twin is as mature or more.
    func archiveLessMature(than id: UUID, _ document: DocumentValue, _ product: Product) throws {
        let type = try Index.find(product.metadataType, in: try DefinitionStore.metadataTypes(session))
        func text(_ name: String, _ document: DocumentValue, _ id: String) throws -> String {
            if let value = type.field(name)?.value(in: document), value != .null {
                return value.string ?? JSONText.write(value)
            }
            throw IndexError(
                .conflict,
                id,
                "Dataset \(id) is missing property \(name) required for maturity check",
                hint: "Leave --archive-less-mature out, or complete the document."
            )
        }
        let region = try text("region_code", document, id.lowercased)
        let maturity = try text("dataset_maturity", document, id.lowercased)
        let dataset = Dataset(id: id, productName: product.name, document: document, locations: [])
        guard let time = dataset.time else { _ = try text("time", document, id.lowercased); return }
        let margin = Double(tolerance) / 1000
        let span = TimeRange(begin: time.begin.addingTimeInterval(-margin), end: time.end.addingTimeInterval(margin))
        let query = DatasetQuery(
            product: product.name,
            time: span,
            fields: ["region_code": .equals(.string(region))]
        )
        let twins = try DatasetSearch(session: session).datasets(matching: query).filter { $0.id != id }
        for twin in twins {
            let other = try text("dataset_maturity", twin.document, twin.idText)
            guard other > maturity else {
                let relation =
                    other == maturity
                    ? "A dataset with the same maturity as dataset \(id.lowercased) already exists, with id: \(twin.idText)"
                    : "A more mature version of dataset \(id.lowercased) already exists, with id: \(twin.idText)"
                        + " and maturity: \(other)"
                throw IndexError(.conflict, id.lowercased, relation)
            }
        }
        try session.change(
            "UPDATE agdc.dataset SET archived = now() WHERE id = ANY ($1::uuid[]) AND archived IS NULL",
            [SQLArray.text(twins.map(\.idText))]
        )
    }
}
