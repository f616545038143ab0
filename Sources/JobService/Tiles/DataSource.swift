public import Foundation

/// What pages and map tiles show of the data of the program: its products, datasets and pictures of them.
public protocol DataSource: Sendable {
    /// All products, by name.
    func products() async throws -> [DataProduct]

    /// Datasets of a product, the latest first.
    ///
    /// - Parameters:
    ///   - product: Its name.
    ///   - time: A year, month or day; nil for all times.
    ///   - limit: At most so many.
    ///   - offset: After so many.
    /// - Returns: The datasets.
    /// - Throws: `ServiceError` (not found) for an unknown product; what the index says.
    func datasets(of product: String, time: String?, limit: Int, offset: Int) async throws -> [DataRecord]

    /// Borders of countries that the database knows, in longitude and latitude; each ring closed.
    func borders() async throws -> [[[Double]]]

    /// Outlines of tiles in longitude and latitude by their names, where they can be told.
    ///
    /// - `tiles`: Names as a job has them, and dataset documents and files of those that are made.
    func outlines(ofTiles tiles: [(name: String, document: String?, path: String?)]) async -> [String: [[Double]]]

    /// A tile of the map (Web Mercator, 256 pixels), ready to be drawn; nil where no dataset lies there.
    func tile(_ request: TileRequest) async throws -> MapTile?

    /// A picture of a dataset as PNG; nil where it has no data.
    func picture(ofDataset id: String, size: Int) async throws -> Data?

    /// A picture of a file with pixels as PNG; nil where it has none.
    func picture(ofFile path: String, size: Int) async throws -> Data?
}

/// A product as pages show it.
public struct DataProduct: Sendable, Encodable {
    public let name: String
    public let description: String
    public let measurements: [String]
    public let count: Int
    /// Days of the earliest and latest dataset.
    public let begin: String?
    public let end: String?
    /// West, south, east and north of all datasets in degrees; nil where that is not known.
    public let bounds: [Double]?

    public init(
        name: String,
        description: String,
        measurements: [String],
        count: Int,
        begin: String?,
        end: String?,
        bounds: [Double]?
    ) {
        (self.name, self.description, self.measurements, self.count) = (name, description, measurements, count)
        (self.begin, self.end, self.bounds) = (begin, end, bounds)
    }
}

/// A dataset as pages show it.
public struct DataRecord: Sendable, Encodable {
    public let id: String
    public let label: String
    /// Its day or period.
    public let time: String
    /// Longitudes and latitudes of its outline; nil where it does not tell.
    public let ring: [[Double]]?

    public init(id: String, label: String, time: String, ring: [[Double]]?) {
        (self.id, self.label, self.time, self.ring) = (id, label, time, ring)
    }
}

/// One tile of the map.
public struct TileRequest: Sendable, Hashable {
    public let product: String
    /// Powers of two that the world is cut into.
    public let zoom: Int
    /// From the west and from the north.
    public let x: Int
    public let y: Int
    /// A year, month or day; nil for the latest of all times.
    public let time: String?
    /// One measurement for grey, three for red, green and blue; empty for what the product's names tell.
    public let bands: [String]
    /// The values that become black and white; nil for those of the product's own range.
    public let stretch: ClosedRange<Double>?
}

/// A tile of the map that can be drawn.
public struct MapTile: Sendable {
    /// Another one when the picture would be another: of the datasets, bands and stretch.
    public let version: String
    /// Draws it as PNG; nil where the datasets have no pixel there.
    public let draw: @Sendable () async throws -> Data?

    public init(version: String, draw: @escaping @Sendable () async throws -> Data?) {
        (self.version, self.draw) = (version, draw)
    }
}
