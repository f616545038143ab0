import Documents
import Foundation
public import Geo

/// A scene that a search found.
public struct M2MScene: Sendable, Hashable {
    public let entityID: String
    /// As `LC08_L2SP_026047_20200101_20200823_02_T1`.
    public let displayID: String
    /// Percent, nil where unknown.
    public let cloudCover: Double?
    /// When it was taken, as the API writes it.
    public let date: String
    /// In longitude and latitude.
    public let bounds: BoundingBox?
}

/// What scenes are asked for.
public struct M2MSceneFilter: Sendable {
    public var box: BoundingBox?
    /// Days as `YYYY-MM-DD`.
    public var start: String?
    public var end: String?
    /// Percent.
    public var maxCloudCover: Int?

    public init() {}

    fileprivate var document: DocumentValue {
        var filter = DocumentObject()
        if let box {
            func corner(_ x: Double, _ y: Double) -> DocumentValue {
                ["latitude": .double(y), "longitude": .double(x)]
            }
            filter["spatialFilter"] = [
                "filterType": "mbr", "lowerLeft": corner(box.left, box.bottom),
                "upperRight": corner(box.right, box.top),
            ]
        }
        if start != nil || end != nil {
            filter["acquisitionFilter"] = [
                "start": .string(start ?? "1972-01-01"), "end": .string(end ?? "2100-01-01"),
            ]
        }
        if let maxCloudCover {
            filter["cloudCoverFilter"] = ["min": 0, "max": .integer(maxCloudCover), "includeUnknown": false]
        }
        return .object(filter)
    }
}

/// A product of a scene that can be downloaded.
public struct M2MProduct: Sendable, Hashable {
    public let id: String
    public let entityID: String
    public let displayID: String
    public let name: String
    /// Bytes, as the API announces them.
    public let size: Int
}

/// A product with its address, or on its way to having one.
public struct M2MDownload: Sendable, Hashable {
    public let id: Int
    public let entityID: String
    public let productID: String
    public let displayID: String
    /// Nil as long as it is being prepared.
    public let address: String?
}

extension M2MClient {
    /// All scenes of a dataset that a filter lets through, page by page.
    ///
    /// - Throws: `CatalogError`.
    public func scenes(of dataset: String, _ filter: M2MSceneFilter, pageSize: Int = 1000) async throws -> [M2MScene] {
        var scenes: [M2MScene] = []
        var known: Set<String> = []
        var next = 1
        while true {
            try Task.checkCancellation()
            let data = try await call(
                "scene-search",
                [
                    "datasetName": .string(dataset), "maxResults": .integer(pageSize), "startingNumber": .integer(next),
                    "sceneFilter": filter.document,
                ]
            )
            let results = data["results"]?.array ?? []
            let new = results.compactMap(M2MScene.init).filter { known.insert($0.entityID).inserted }
            scenes += new
            let total = data["totalHits"]?.integer ?? 0
            next += results.count
            guard !new.isEmpty, next <= total else { return scenes }
        }
    }

    /// What can be downloaded of scenes.
    ///
    /// - Throws: `CatalogError`.
    public func products(of scenes: [M2MScene], in dataset: String) async throws -> [M2MProduct] {
        var products: [M2MProduct] = []
        for start in stride(from: 0, to: scenes.count, by: 500) {
            let part = scenes[start..<min(start + 500, scenes.count)]
            let data = try await call(
                "download-options",
                ["datasetName": .string(dataset), "entityIds": .array(part.map { .string($0.entityID) })]
            )
            products += (data.array ?? []).filter { $0["available"]?.bool == true }.compactMap(M2MProduct.init)
        }
        return products
    }

    /// Asks for products under a label.
    ///
    /// - Returns: Those that are at hand or being prepared, and why others cannot be had.
    /// - Throws: `CatalogError`.
    public func request(
        _ products: [(entityID: String, productID: String)],
        label: String
    ) async throws -> (downloads: [M2MDownload], failures: [String]) {
        var downloads: [M2MDownload] = []
        var failures: [String] = []
        for start in stride(from: 0, to: products.count, by: 500) {
            let part = products[start..<min(start + 500, products.count)]
            let wanted = part.map { product -> DocumentValue in
                ["entityId": .string(product.entityID), "productId": .string(product.productID)]
            }
            let data = try await call("download-request", ["downloads": .array(wanted), "label": .string(label)])
            downloads += (data["availableDownloads"]?.array ?? []).compactMap { M2MDownload($0, isReady: true) }
            downloads += (data["preparingDownloads"]?.array ?? []).compactMap { M2MDownload($0, isReady: false) }
            failures += (data["failed"]?.array ?? []).map { failed in
                let reason = failed["errorMessage"]?.string ?? failed["message"]?.string ?? JSONText.write(failed)
                return "\(failed["entityId"]?.string ?? "a scene"): \(reason)"
            }
        }
        return (downloads, failures)
    }

    /// The downloads of a label, those that are ready with their addresses.
    ///
    /// - Throws: `CatalogError`.
    public func downloads(label: String) async throws -> [M2MDownload] {
        let data = try await call("download-retrieve", ["label": .string(label)])
        let ready = (data["available"]?.array ?? []).compactMap { M2MDownload($0, isReady: true) }
        let waiting = (data["requested"]?.array ?? []).compactMap { M2MDownload($0, isReady: false) }
        return ready + waiting
    }
}

extension M2MScene {
    fileprivate init?(_ value: DocumentValue) {
        guard let entity = value["entityId"]?.string else { return nil }
        let cloud = value.at("cloudCover")
        let ring = value.at("spatialBounds", "coordinates")?.array?.first?.array ?? []
        let points = ring.compactMap { position -> Point? in
            guard let numbers = position.array?.compactMap(\.double), numbers.count > 1 else { return nil }
            return Point(x: numbers[0], y: numbers[1])
        }
        self.init(
            entityID: entity,
            displayID: value["displayId"]?.string ?? entity,
            cloudCover: cloud?.double ?? cloud?.string.flatMap { Double($0) },
            date: value.at("temporalCoverage", "startDate")?.string ?? "",
            bounds: BoundingBox(around: points)
        )
    }
}

extension M2MProduct {
    fileprivate init?(_ value: DocumentValue) {
        guard let id = value["id"]?.string, let entity = value["entityId"]?.string else { return nil }
        self.init(
            id: id,
            entityID: entity,
            displayID: value["displayId"]?.string ?? entity,
            name: value["productName"]?.string ?? "",
            size: value["filesize"]?.integer ?? 0
        )
    }
}

extension M2MDownload {
    fileprivate init?(_ value: DocumentValue, isReady: Bool) {
        guard let id = value["downloadId"]?.integer ?? value["downloadId"]?.string.flatMap({ Int($0) }) else {
            return nil
        }
        let address = value["url"]?.string.flatMap { WebAddress.isWeb($0) ? $0 : nil }
        self.init(
            id: id,
            entityID: value["entityId"]?.string ?? "",
            productID: value["productId"]?.string ?? value["productId"]?.integer.map(String.init) ?? "",
            displayID: value["displayId"]?.string ?? "",
            address: isReady ? address : nil
        )
    }
}
