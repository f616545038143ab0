public import Documents
public import Foundation
import Geo

/// An index that lives as long as the value: for tests of workflows, and for planning without a database.
///
/// Products and datasets are taken as they are; nothing is matched or prepared.
public actor MemoryIndex: DatasetIndex {
    private var known: [Product] = []
    private var datasets: [Dataset] = []

    public init() {}

    public func products() -> [Product] { known.sorted { $0.name < $1.name } }

    @discardableResult
    public func addProduct(_ document: SourceDocument, locksTable: Bool = false) throws -> AdditionOutcome {
        guard let product = Product(id: known.count + 1, definition: document.value) else {
            throw IndexError(.invalidDefinition, document.origin, "it has no name")
        }
        if let existing = known.first(where: { $0.name == product.name }) {
            guard existing.definition == product.definition else {
                throw IndexError(.differsFromStored, product.name, "another definition is in the index")
            }
            return .unchanged
        }
        known.append(product)
        return .added
    }

    @discardableResult
    public func updateProduct(
        _ document: SourceDocument,
        options: UpdateOptions = UpdateOptions()
    ) throws -> UpdatePlan {
        guard let product = Product(definition: document.value),
            let place = known.firstIndex(where: { $0.name == product.name }),
            let renewed = Product(id: known[place].id, definition: document.value)
        else { throw IndexError(.unknownProduct, document.origin, "there is no such product in the index") }
        let changes = DocumentChange.between(known[place].definition, renewed.definition)
        let plan = UpdatePlan(changes, .product, allowsUnsafe: options.allowsUnsafe)
        guard !options.isDryRun else { return plan }
        try plan.check(product.name, hint: "Add the product under another name.")
        known[place] = renewed
        return plan
    }

    public func datasets(matching query: DatasetQuery) -> [Dataset] {
        let found = datasets.filter { dataset in
            if let product = query.product, dataset.productName != product { return false }
            if let time = query.time, dataset.time.map({ !$0.overlaps(time) }) ?? true { return false }
            if let bounds = query.bounds, let box = dataset.lonLatBounds, !box.intersects(bounds) { return false }
            switch query.status {
            case .active: return !dataset.isArchived
            case .archived: return dataset.isArchived
            case .all: return true
            }
        }
        return Array(found.prefix(query.limit ?? .max))
    }

    /// None: the documents themselves hold it.
    public func lineage(of ids: [UUID]) -> DatasetLineage { DatasetLineage() }

    /// The product is the one whose name the document states, or whose signature it meets.
    @discardableResult
    public func addDataset(
        _ document: SourceDocument,
        location: String,
        options: AddOptions = AddOptions()
    ) throws -> Bool {
        guard let id = document.value["id"]?.string.flatMap(UUID.init(uuidString:)) else {
            throw IndexError(.invalidDataset, document.origin, "it has no id")
        }
        guard !datasets.contains(where: { $0.id == id }) else { return false }
        guard let product = known.first(where: { $0.metadata.isContained(in: document.value) }) else {
            throw IndexError(.invalidDataset, document.origin, "it matches no product")
        }
        datasets.append(
            Dataset(id: id, productName: product.name, document: document.value, locations: [location])
        )
        return true
    }

    @discardableResult
    public func archive(_ ids: [UUID]) -> Int {
        let active = datasets.count { ids.contains($0.id) && !$0.isArchived }
        datasets = datasets.map { dataset in
            guard ids.contains(dataset.id) else { return dataset }
            return Dataset(
                id: dataset.id,
                productName: dataset.productName,
                document: dataset.document,
                locations: dataset.locations,
                archivedTime: Date(timeIntervalSince1970: 0)
            )
        }
        return active
    }
}

extension DocumentValue {
    /// True where every key path of this value is in the other, texts compared without regard to case.
    func isContained(in other: DocumentValue) -> Bool {
        switch (self, other) {
        case (.object(let own), .object(let theirs)):
            own.allSatisfy { key, value in theirs[key].map(value.isContained) ?? false }
        case (.string(let own), .string(let theirs)): own.lowercased() == theirs.lowercased()
        default: self == other
        }
    }
}
