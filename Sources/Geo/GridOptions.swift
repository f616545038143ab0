/// The grid that a run is asked to work on, as far as it is said.
public struct GridOptions: Hashable, Sendable {
    public var crs: CRS?
    /// In units of the CRS; y is negative where rows run south.
    public var resolution: XY<Double>?
    /// Width and height of a cell in units of the CRS.
    public var tileSize: XY<Double>?
    /// A corner of cells, in units of the CRS.
    public var origin: Point?
    /// The product whose grid is taken.
    public var like: String?

    public init(
        crs: CRS? = nil,
        resolution: XY<Double>? = nil,
        tileSize: XY<Double>? = nil,
        origin: Point? = nil,
        like: String? = nil
    ) {
        (self.crs, self.resolution, self.tileSize) = (crs, resolution, tileSize)
        (self.origin, self.like) = (origin, like)
    }

    /// What is said here, else what `other` says; nothing of that where another CRS or grid is asked for here.
    public func orElse(_ other: GridOptions) -> GridOptions {
        guard crs == nil, like == nil else { return self }
        return GridOptions(
            crs: other.crs,
            resolution: resolution ?? other.resolution,
            tileSize: tileSize ?? other.tileSize,
            origin: origin ?? other.origin,
            like: other.like
        )
    }
}
