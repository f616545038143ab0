import DatacubeIndex
import Geo
import Ingest
import Raster

extension GridOptions {
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
        let isNested = isBase && base.map { Self.isNested($0.resolution, resolution) } == true
        let inherited = isBase && model.gridSpec != nil ? base?.tileSize : nil
        return GridSpec(
            crs: crs,
            tileSize: try Self.wholePixels(tileSize, inherited, resolution),
            resolution: resolution,
            // Pixels that fit into the others, or that those fit into, begin where they do; the rest begins at 0.
            origin: origin ?? (isNested ? base?.origin : nil) ?? Point(x: 0, y: 0)
        )
    }

    /// The size of a cell as it is asked for; else that of the base, or 2048 pixels, made of whole pixels.
    private static func wholePixels(
        _ asked: XY<Double>?,
        _ inherited: XY<Double>?,
        _ resolution: XY<Double>
    ) throws -> XY<Double> {
        func rounded(_ size: Double, _ step: Double) -> Double { Swift.max(1, (size / step).rounded()) * step }
        let step = XY(x: abs(resolution.x), y: abs(resolution.y))
        let size = asked ?? inherited ?? XY(x: step.x * 2048, y: step.y * 2048)
        let whole = XY(x: rounded(size.x, step.x), y: rounded(size.y, step.y))
        guard asked == nil || abs(whole.x - size.x) < 1e-6 * step.x && abs(whole.y - size.y) < 1e-6 * step.y else {
            throw WorkflowError(
                .badRequest,
                "a cell of \(size.x) x \(size.y) is not made of whole pixels of \(step.x) x \(step.y)",
                hint: "Cells would leave gaps: choose a multiple, as --tile-size \(whole.x),\(whole.y)."
            )
        }
        return asked ?? whole
    }

    /// True where whole pixels of one size make one of the other.
    private static func isNested(_ a: XY<Double>, _ b: XY<Double>) -> Bool {
        [(a.x, b.x), (a.y, b.y)].allSatisfy { a, b in
            let ratio = max(abs(a), abs(b)) / min(abs(a), abs(b))
            return abs(ratio - ratio.rounded()) < 1e-9 * ratio
        }
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
