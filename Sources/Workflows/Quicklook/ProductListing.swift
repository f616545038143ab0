public import DatacubeIndex
import Geo

/// What `list products` tells of a product.
public struct ProductListing: Sendable, Codable, Equatable {
    public let name: String
    public let description: String
    public let datasets: Int
    /// Days of the earliest and latest dataset.
    public let begin: String?
    public let end: String?
    public let measurements: Int
}

/// The products of an index with what they hold, by name.
public func listProducts(on index: any DatasetIndex) async throws -> [ProductListing] {
    var listings: [ProductListing] = []
    for product in try await index.products().sorted(by: { $0.name < $1.name }) {
        let datasets = try await index.datasets(matching: DatasetQuery(product: product.name))
        let times = datasets.compactMap(\.time)
        listings.append(
            ProductListing(
                name: product.name,
                description: product.description,
                datasets: datasets.count,
                begin: times.map(\.begin).min().map(Timestamp.day),
                end: times.map(\.end).max().map(Timestamp.day),
                measurements: product.measurements.count
            )
        )
    }
    return listings
}
