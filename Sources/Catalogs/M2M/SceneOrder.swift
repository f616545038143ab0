import Documents
public import Foundation

/// Scenes that were ordered from the USGS, and which of them have been fetched; kept in a file of its own.
public struct SceneOrder: Codable, Sendable, Equatable {
    public struct Scene: Codable, Sendable, Equatable {
        public let entityID: String
        public let displayID: String
        public let productID: String
        public let productName: String
        /// Bytes, as the USGS announces them.
        public let size: Int
        /// The file, once it has been fetched.
        public var file: String?

        public init(_ product: M2MProduct, displayID: String) {
            (entityID, productID, productName) = (product.entityID, product.id, product.name)
            (self.displayID, size) = (displayID, product.size)
        }

        /// The name of the file: bundles are archives, single bands bear the names of their files.
        public var fileName: String {
            let name = SafeName.make(displayID)
            let ending = name.split(separator: ".").last.map(String.init) ?? ""
            let hasEnding = name.contains(".") && (2...4).contains(ending.count) && ending.contains(where: \.isLetter)
            return (name.isEmpty ? "scene" : name) + (hasEnding ? "" : ".tar")
        }
    }

    /// The order's name at the USGS and in the folder of orders.
    public let label: String
    public let created: Date
    public let region: String
    public let dataset: String
    public var scenes: [Scene]

    public init(label: String, created: Date, region: String, dataset: String, scenes: [Scene]) {
        (self.label, self.created, self.region) = (label, created, region)
        (self.dataset, self.scenes) = (dataset, scenes)
    }

    public var isComplete: Bool { scenes.allSatisfy { $0.file != nil } }
}

/// The orders of a user, one JSON file each.
public struct OrderFolder: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// All orders, the oldest first.
    ///
    /// - Throws: `CatalogError` for a file that cannot be read.
    public func orders() throws(CatalogError) -> [SceneOrder] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
            $0.hasSuffix(".json")
        }
        var orders: [SceneOrder] = []
        for name in names {
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .iso8601
            let data = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
            do {
                orders.append(try decoder.decode(SceneOrder.self, from: data))
            } catch {
                throw CatalogError(
                    .failed,
                    "\(path)/\(name)",
                    "it is no order",
                    hint: "Move it away, and run the same command again."
                )
            }
        }
        return orders.sorted { ($0.created, $0.label) < ($1.created, $1.label) }
    }

    /// Writes an order, whole or not at all.
    ///
    /// - Throws: `CatalogError` where it cannot be written.
    public func save(_ order: SceneOrder) throws(CatalogError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let file = "\(path)/\(SafeName.make(order.label)).json"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try encoder.encode(order).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw CatalogError(.cannotWrite, file, error.localizedDescription)
        }
    }
}
