import DatacubeIndex
import Documents
import Foundation
import Geo
import JobService
import Logging
import Raster
import Workflows

/// What the service's pages show of the Open Data Cube's index.
actor IndexDataSource: DataSource {
    private let services: Services
    private let log = Logger(label: "antares.data")
    private var opened: Index?
    private var listed: (products: [DataProduct], until: ContinuousClock.Instant)?
    private var listing: Task<[DataProduct], any Error>?
    private var bordersKnown: [[[Double]]]?
    private var stretches: [StretchKey: (stretch: ClosedRange<Double>, until: ContinuousClock.Instant)] = [:]

    private struct StretchKey: Hashable { let product: String, bands: [String] }

    /// Datasets that one tile of the map shows: the latest of those that lie there.
    private static let tileDatasets = 64

    init(_ services: Services) { self.services = services }

    private func index() async throws -> Index {
        if let opened { return opened }
        let index = try await services.index()
        opened = index
        return index
    }

    /// What the index says as the service says it.
    private func answering<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as IndexError {
            switch error.code {
            case .unknownProduct, .unknownDataset, .unknownMeasurement: throw ServiceError(.notFound, "\(error)")
            case .notInitialised:
                log.info("no data to show: \(error)")
                throw ServiceError(.notFound, "there is no data yet: the database holds no index.")
            default: throw error
            }
        }
    }

    // MARK: - Lists

    func products() async throws -> [DataProduct] {
        if let listed, listed.until > .now { return listed.products }
        if let listing { return try await listing.value }
        let task = Task { try await list() }
        listing = task
        defer { listing = nil }
        let start = ContinuousClock.now
        let products = try await task.value
        // Counting reads all datasets: the longer it takes, the longer the list is kept.
        listed = (products, .now + max(.seconds(5), (.now - start) * 20))
        return products
    }

    private func list() async throws -> [DataProduct] {
        let index: Index
        do {
            index = try await self.index()
        } catch let error as IndexError where error.code == .notInitialised {
            log.info("no data to show: \(error)")
            return []
        }
        return try await answering {
            var list: [DataProduct] = []
            for product in try await index.products().sorted(by: { $0.name < $1.name }) {
                let extent = try await index.extent(of: product)
                list.append(
                    DataProduct(
                        name: product.name,
                        description: product.description,
                        measurements: product.measurements.map(\.name),
                        count: extent.count,
                        begin: extent.time.map { Timestamp.day($0.begin) },
                        end: extent.time.map { Timestamp.day($0.end) },
                        bounds: extent.bounds.map { [$0.left, $0.bottom, $0.right, $0.top] }
                    )
                )
            }
            return list
        }
    }

    func datasets(of product: String, time: String?, limit: Int, offset: Int) async throws -> [DataRecord] {
        let query = DatasetQuery(product: product, time: try Self.range(time))
        return try await answering {
            try await index().latestDatasets(matching: query, limit: limit, offset: offset).map { dataset in
                DataRecord(
                    id: dataset.idText,
                    label: dataset.label ?? dataset.idText,
                    time: dataset.time.map(Self.text) ?? "",
                    ring: TileOutlines.ring(of: dataset)
                )
            }
        }
    }

    private static func range(_ period: String?) throws -> TimeRange? {
        guard let period else { return nil }
        guard let range = TimeRange(period: period) else {
            throw ServiceError(.badRequest, "'\(period)' is no year, month or day such as 2026, 2026-01 or 2026-01-31.")
        }
        return range
    }

    private static func text(_ range: TimeRange) -> String {
        let (begin, end) = (Timestamp.day(range.begin), Timestamp.day(range.end))
        return begin == end ? begin : "\(begin) to \(end)"
    }

    func borders() async throws -> [[[Double]]] {
        if let bordersKnown { return bordersKnown }
        var rings: [[[Double]]] = []
        do {
            let store = BorderStore(try await services.ownConnection())
            for area in try await store.list() where !area.isRegion {
                let border = try await store.area(named: area.country).border
                rings += border.parts.compactMap { $0.rings.first.flatMap(Self.thinned) }
            }
        } catch {
            // A database without countries has no table of them either.
            log.debug("no borders: \(error)")
        }
        bordersKnown = rings
        return rings
    }

    /// A border with fewer points, for small maps; nil for islands too small for them.
    private static func thinned(_ ring: [Point]) -> [[Double]]? {
        var kept: [Point] = []
        for point in ring where kept.last.map({ abs($0.x - point.x) + abs($0.y - point.y) > 0.02 }) ?? true {
            kept.append(point)
        }
        return kept.count > 4 ? kept.map { [($0.x * 1000).rounded() / 1000, ($0.y * 1000).rounded() / 1000] } : nil
    }

    nonisolated func outlines(
        ofTiles tiles: [(name: String, document: String?, path: String?)]
    ) async -> [String: [[Double]]] {
        TileOutlines.rings(of: tiles)
    }

    // MARK: - Pictures

    func tile(_ request: TileRequest) async throws -> MapTile? {
        let time = try Self.range(request.time)
        return try await answering {
            let index = try await index()
            let product = try await index.product(named: request.product)
            let measurements =
                request.bands.isEmpty
                ? try Quicklook.defaultBands(of: product) : try request.bands.map(product.measurement)
            let grid = WebMercatorTile(request)
            var query = DatasetQuery(product: product.name, time: time, bounds: grid.degrees)
            query.limit = nil
            let datasets = try await index.latestDatasets(matching: query, limit: Self.tileDatasets)
            guard !datasets.isEmpty else { return nil }
            let stretch: ClosedRange<Double>
            if let wanted = request.stretch {
                stretch = wanted
            } else {
                stretch = try await usualStretch(product, measurements, index)
            }
            let ids = datasets.map { "\($0.idText)@\($0.indexedTime?.timeIntervalSince1970 ?? 0)" }
            return MapTile(version: ids.joined(separator: ",") + "\(stretch)") {
                try await PictureThread.run {
                    let picture = try Picture(of: datasets, measurements, onto: grid.geoBox, stretch: stretch)
                    return picture.validFraction > 0 ? try picture.png() : nil
                }
            }
        }
    }

    /// The same stretch for all tiles of a product, from its latest datasets.
    private func usualStretch(
        _ product: Product,
        _ measurements: [DatacubeIndex.Measurement],
        _ index: Index
    ) async throws -> ClosedRange<Double> {
        let key = StretchKey(product: product.name, bands: measurements.map(\.name))
        if let known = stretches[key], known.until > .now { return known.stretch }
        let latest = try await index.latestDatasets(matching: DatasetQuery(product: product.name), limit: 6)
        let stretch = try await PictureThread.run { () -> ClosedRange<Double> in
            let found = latest.compactMap { dataset in
                Picture.canvas(of: dataset, size: 128).flatMap {
                    try? Picture.stretch(of: [dataset], measurements, onto: $0)
                }
            }
            // Clouds are far brighter than what is to be seen: the clearest of the scenes tells.
            return found.min { $0.upperBound < $1.upperBound } ?? 0...1
        }
        stretches[key] = (stretch, .now + .seconds(600))
        return stretch
    }

    func picture(ofDataset id: String, size: Int) async throws -> Data? {
        try await answering {
            let index = try await index()
            guard let uuid = UUID(uuidString: id), let dataset = try await index.dataset(uuid) else {
                throw ServiceError(.notFound, "there is no dataset '\(id)'.")
            }
            let product = try await index.product(named: dataset.productName)
            let measurements = try Quicklook.defaultBands(of: product)
            let stretch = try await usualStretch(product, measurements, index)
            return try await PictureThread.run {
                guard let canvas = Picture.canvas(of: dataset, size: size) else { return nil }
                let picture = try Picture(of: [dataset], measurements, onto: canvas, stretch: stretch)
                return picture.validFraction > 0 ? try picture.png() : nil
            }
        }
    }

    nonisolated func picture(ofFile path: String, size: Int) async throws -> Data? {
        try await PictureThread.run {
            do {
                let picture = try Picture(file: path, size: size)
                return picture.validFraction > 0 ? try picture.png() : nil
            } catch let error as RasterError {
                throw ServiceError(.notFound, "there is no picture of this file: \(error)")
            }
        }
    }
}

/// Threads for drawing: it reads files, and the threads that answer requests must not wait for that.
enum PictureThread {
    private static let queue = DispatchQueue(label: "antares.pictures", attributes: .concurrent)

    static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
