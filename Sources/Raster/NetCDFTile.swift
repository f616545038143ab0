public import Foundation
public import Geo

/// What a netCDF tile in the Open Data Cube's CF layout holds, before any pixel is written.
public struct NetCDFTile: Sendable {
    /// One data variable with dimensions (time, y, x).
    public struct Variable: Sendable {
        public let name: String
        public let type: PixelType
        public let nodata: Double
        public let units: String
        /// What GeoTIFFs say of stored numbers; in netCDF tiles the product alone says it, as in the Open Data Cube.
        public let scaleFactor: Double
        public let addOffset: Double
        /// Further attributes, as `long_name`.
        public let attributes: [(name: String, value: NetCDFAttribute)]
        /// Rows and columns of a chunk; clamped to the tile.
        public let chunk: XY<Int>
        /// 0 writes without compression, 9 is the slowest.
        public let deflateLevel: Int
        /// Bytes of equal weight side by side before compression.
        public let isShuffled: Bool
        /// A checksum of each chunk, so that a damaged one is noticed when it is read.
        public let isChecked: Bool
        /// True for classes and flags, of which no mean can be taken.
        public let isCategorical: Bool

        public init(
            name: String,
            type: PixelType,
            nodata: Double,
            units: String,
            scaleFactor: Double? = nil,
            addOffset: Double? = nil,
            attributes: [(name: String, value: NetCDFAttribute)] = [],
            chunk: XY<Int>,
            deflateLevel: Int = 4,
            isShuffled: Bool = true,
            isChecked: Bool = true,
            isCategorical: Bool = false
        ) {
            (self.name, self.type, self.nodata, self.units) = (name, type, nodata, units)
            (self.scaleFactor, self.addOffset) = (scaleFactor ?? 1, addOffset ?? 0)
            (self.attributes, self.chunk, self.deflateLevel) = (attributes, chunk, deflateLevel)
            (self.isShuffled, self.isChecked, self.isCategorical) = (isShuffled, isChecked, isCategorical)
        }

        /// As a band of a GeoTIFF.
        public var band: CloudOptimisedTIFF.Band {
            CloudOptimisedTIFF.Band(name, units: units, scaleFactor: scaleFactor, addOffset: addOffset)
        }
    }

    public let geoBox: GeoBox
    public let times: [Date]
    public let variables: [Variable]
    /// Global attributes after the ones of the layout itself, in this order.
    public let attributes: [(name: String, value: NetCDFAttribute)]
    /// The dataset document of each time, kept in the file as variable `dataset`; none or one for each time.
    public let documents: [String]

    public init(
        geoBox: GeoBox,
        times: [Date],
        variables: [Variable],
        attributes: [(name: String, value: NetCDFAttribute)] = [],
        documents: [String] = []
    ) {
        precondition(documents.isEmpty || documents.count == times.count, "one document for each time")
        (self.geoBox, self.times, self.variables) = (geoBox, times, variables)
        (self.attributes, self.documents) = (attributes, documents)
    }
}
