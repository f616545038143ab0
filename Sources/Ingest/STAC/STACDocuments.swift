public import DatacubeIndex
public import Documents

/// STAC items among the documents that are to be added: they become EO3 documents.
public struct STACDocuments: Sendable {
    /// Products that an item may belong to.
    let products: [Product]
    /// The product of all items, whether it is among the known ones or not; nil to follow the items.
    let name: String?

    public init(products: [Product], name: String? = nil) { (self.products, self.name) = (products, name) }

    /// The candidates that a document stands for: itself, or what its STAC items become, each with the reason where
    /// it cannot be used.
    ///
    /// An item of a collection lies where its link `self` says, as its files are relative to that.
    public func candidates(of candidate: DatasetCandidate) -> [Result<DatasetCandidate, DocumentError>] {
        let document = candidate.document
        guard let kind = document.value["type"]?.string, document.value["$schema"] == nil else {
            return [.success(candidate)]
        }
        switch kind {
        case "Feature" where STACItem.isItem(document.value):
            return [converted(document.root, at: candidate.location)]
        case "FeatureCollection":
            return members(of: candidate)
        case "Collection" where document.value["stac_version"] != nil,
            "Catalog" where document.value["stac_version"] != nil:
            return [
                .failure(
                    document.root.failure(
                        "is a STAC \(kind), which describes no dataset",
                        hint: "Name its items, or a file with all of them (a FeatureCollection)."
                    )
                )
            ]
        default: return [.success(candidate)]
        }
    }

    private func members(of candidate: DatasetCandidate) -> [Result<DatasetCandidate, DocumentError>] {
        let readers: [DocumentReader]
        do throws(DocumentError) {
            readers = try candidate.document.root.required("features").elements()
        } catch {
            return [.failure(error)]
        }
        return readers.enumerated().map { index, reader in
            let links = reader.value["links"]?.array ?? []
            let own = links.first { $0["rel"] == "self" }?["href"]?.string
            let part = readers.count > 1 ? "\(candidate.location)#part=\(index)" : candidate.location
            return converted(reader, at: own.flatMap { $0.contains("://") ? $0 : nil } ?? part)
        }
    }

    private func converted(_ reader: DocumentReader, at location: String) -> Result<DatasetCandidate, DocumentError> {
        do throws(DocumentError) {
            let document = try STACItem(reader).document(for: products, name: name, location: location)
            return .success(
                DatasetCandidate(
                    document: SourceDocument(origin: reader.document.origin, value: document),
                    location: location
                )
            )
        } catch {
            return .failure(error)
        }
    }
}
