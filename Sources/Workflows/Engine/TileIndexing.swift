public import DatacubeIndex
public import Documents
public import Foundation

/// Takes up tiles once their files are there.
protocol TileReceiver: Sendable {
    /// - `isNew`: False for one that was found intact.
    func receive(_ task: TileTask, isNew: Bool) async throws
}

/// Puts the tiles of a product into the index; a tile that is there already stays as it is.
public struct TileIndexing: TileReceiver {
    private let product: String
    private let index: any DatasetIndex
    /// The active datasets of the product when this began.
    private let known: Set<UUID>
    private let locations: [String: [UUID]]

    /// - Throws: What the index throws.
    public init(_ product: String, on index: any DatasetIndex) async throws {
        (self.product, self.index) = (product, index)
        var (known, locations): (Set<UUID>, [String: [UUID]]) = ([], [:])
        for dataset in try await index.datasets(matching: DatasetQuery(product: product)) {
            known.insert(dataset.id)
            for location in dataset.locations { locations[location, default: []].append(dataset.id) }
        }
        (self.known, self.locations) = (known, locations)
    }

    func receive(_ task: TileTask, isNew: Bool) async throws {
        try await add(task.id, task.document, path: task.storage.indexedPath, location: task.storage.location)
    }

    /// Indexes a tile; what stood at the same place with other inputs is archived.
    ///
    /// - Parameters:
    ///   - id: Of its dataset.
    ///   - document: The dataset document.
    ///   - path: The file, for messages.
    ///   - location: What the index shall point to.
    /// - Throws: What the index throws.
    public func add(_ id: UUID, _ document: DocumentValue, path: String, location: String) async throws {
        guard !known.contains(id) else { return }
        let old = locations[location]?.filter { $0 != id } ?? []
        if !old.isEmpty { try await index.archive(old) }
        var choice = AddOptions()
        choice.products = [product]
        // All sources are in the index: what a document in the older layout holds of them need not be matched again.
        choice.addsLineage = false
        try await index.addDataset(
            SourceDocument(origin: path, value: document),
            location: location,
            options: choice
        )
    }
}
