import DatacubeIndex
public import Geo
import Ingest
import Raster

/// The grid that a run is asked to work on, as far as it is said.
public struct GridOptions: Sendable {
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

    /// The grid: what is said here, else of the product `like`, else of the product itself, else of its first scene.
    ///
    /// - Throws: `WorkflowError` that says which option is missing.
    func spec(for product: Product, _ datasets: [Dataset], on index: any DatasetIndex) async throws -> GridSpec {
        var model = product
        if let like { model = try await index.product(named: like) }
        let scenes = like == nil ? datasets : try await index.datasets(matching: DatasetQuery(product: model.name))
        let base = try model.gridSpec ?? Self.native(model, scenes)
        guard let crs = crs ?? base?.crs else {
            throw WorkflowError(
                .badRequest,
                "product '\(model.name)' has no grid, and its scenes have none either",
                hint: "Say which: --crs and --resolution, or --like PRODUCT."
            )
        }
        let isBase = try base.map { try CRSDescription.areSame($0.crs, crs) } ?? false
        guard let resolution = resolution ?? (isBase ? base?.resolution : nil) else {
            throw WorkflowError(
                .badRequest,
                "the resolution in \(crs) is not known",
                hint: "Give it in units of that system: --resolution 30."
            )
        }
        let sameSize = isBase && base.map { $0.resolution == resolution } == true
        let size = tileSize ?? (isBase && model.gridSpec != nil ? base?.tileSize : nil)
        return GridSpec(
            crs: crs,
            tileSize: size ?? XY(x: abs(resolution.x) * 2048, y: abs(resolution.y) * 2048),
            resolution: resolution,
            // Pixels of another size begin at 0, those of the same size where the others do.
            origin: origin ?? (sameSize ? base?.origin : nil) ?? Point(x: 0, y: 0)
        )
    }

    /// The grid of the first scene whose document tells one, of the measurement with the smallest pixels.
    private static func native(_ product: Product, _ datasets: [Dataset]) throws -> GridSpec? {
        for dataset in datasets.prefix(16) {
            let shared = SharedSources(memory: 0)
            let boxes = product.measurements.compactMap { measurement in
                dataset.geoBox(of: measurement.name) ?? shared.geoBox(of: measurement, in: dataset)
            }
            guard let box = boxes.min(by: { abs($0.affine.a) < abs($1.affine.a) }), box.affine.isAxisAligned else {
                continue
            }
            let bounds = box.bounds
            return GridSpec(
                crs: box.crs,
                tileSize: XY(x: bounds.width, y: bounds.height),
                resolution: box.resolution,
                origin: Point(x: bounds.left, y: bounds.bottom)
            )
        }
        return nil
    }
}

extension GridSpec {
    /// A grid of one cell around a box, of whole pixels of this grid.
    func single(around box: BoundingBox) -> GridSpec {
        func snapped(_ low: Double, _ high: Double, _ origin: Double, _ step: Double) -> (low: Double, size: Double) {
            // A sliver of a thousandth of a pixel is rounding, and no pixel.
            let first = ((low - origin) / step + 1e-3).rounded(.down)
            let last = max(first + 1, ((high - origin) / step - 1e-3).rounded(.up))
            return (origin + first * step, (last - first) * step)
        }
        let x = snapped(box.left, box.right, origin.x, abs(resolution.x))
        let y = snapped(box.bottom, box.top, origin.y, abs(resolution.y))
        return GridSpec(
            crs: crs,
            tileSize: XY(x: x.size, y: y.size),
            resolution: resolution,
            origin: Point(x: x.low, y: y.low)
        )
    }
}
