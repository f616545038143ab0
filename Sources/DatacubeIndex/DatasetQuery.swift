public import Geo

/// Which datasets to find: all conditions hold together.
public struct DatasetQuery: Hashable, Sendable {
    /// Name of the product; nil searches all.
    public var product: String?
    /// Datasets whose time range overlaps this one, both ends included.
    public var time: TimeRange?
    /// Datasets whose longitudes and latitudes overlap this box, edges included.
    public var bounds: BoundingBox?
    public var includeArchived: Bool
    /// At most so many, nil for all.
    public var limit: Int?

    public init(
        product: String? = nil,
        time: TimeRange? = nil,
        bounds: BoundingBox? = nil,
        includeArchived: Bool = false,
        limit: Int? = nil
    ) {
        (self.product, self.time, self.bounds) = (product, time, bounds)
        (self.includeArchived, self.limit) = (includeArchived, limit)
    }
}
