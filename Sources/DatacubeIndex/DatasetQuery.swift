public import Geo

/// Which datasets to find: all conditions hold together.
public struct DatasetQuery: Hashable, Sendable {
    /// Name of the product; nil searches all.
    public var product: String?
    /// Datasets whose time range overlaps this one, both ends included.
    public var time: TimeRange?
    /// Datasets whose longitudes and latitudes overlap this box, edges included, and whose footprint meets it where the
    /// index has a table of footprints; the search fields `lat` and `lon` ask for the former alone, as in Python.
    public var bounds: BoundingBox?
    /// Datasets whose footprint meets this area; needs the table of footprints (`antares index footprints`).
    public var area: SearchArea?
    /// Further conditions by search field, as `["cloud_cover": .between(0, 20)]`.
    public var fields: [String: SearchTerm]
    public var status: Status
    /// At most so many, nil for all.
    public var limit: Int?

    /// Fields that every product has: columns of the index.
    public static var nativeFields: [String] { DatasetSearch.natives.keys.sorted() }

    /// Whether archived datasets are found.
    public enum Status: String, Sendable, CaseIterable { case active, archived, all }

    /// True where archived datasets are found beside active ones.
    public var includeArchived: Bool {
        get { status == .all }
        set { status = newValue ? .all : .active }
    }

    public init(
        product: String? = nil,
        time: TimeRange? = nil,
        bounds: BoundingBox? = nil,
        fields: [String: SearchTerm] = [:],
        includeArchived: Bool = false,
        limit: Int? = nil
    ) {
        (self.product, self.time, self.bounds) = (product, time, bounds)
        (self.fields, status, self.limit) = (fields, includeArchived ? .all : .active, limit)
    }
}
