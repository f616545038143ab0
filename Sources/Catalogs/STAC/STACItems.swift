public import Documents
public import Foundation
public import Geo

/// What is asked of items in common.
public enum STACItems {
    /// True for a GeoJSON feature that is an item.
    public static func isItem(_ value: DocumentValue) -> Bool {
        value["type"] == "Feature" && value["id"]?.string != nil && value["assets"]?.object != nil
    }

    /// What tells items apart: an id holds within its collection only.
    static func identity(of item: DocumentValue) -> String {
        "\(item["collection"]?.string ?? "")\n\(item["id"]?.string ?? "")"
    }

    /// The box of an item in degrees, from its `bbox`; nil where it has none, or where it crosses the antimeridian.
    public static func bounds(of item: DocumentValue) -> BoundingBox? {
        guard let numbers = item["bbox"]?.array?.compactMap(\.double), [4, 6].contains(numbers.count) else {
            return nil
        }
        let half = numbers.count / 2
        let box = BoundingBox(left: numbers[0], bottom: numbers[1], right: numbers[half], top: numbers[half + 1])
        return box.left <= box.right ? box : nil
    }

    /// The reference of the first link with a relation.
    public static func link(_ relation: String, of value: DocumentValue) -> String? {
        (value["links"]?.array ?? []).first { $0["rel"]?.string == relation }?["href"]?.string
    }

    /// Where the item's own document lies: its link `self` where that is an address, else below the API.
    public static func location(of item: DocumentValue, from page: URL) -> String {
        if let own = link("self", of: item), WebAddress.isWeb(own) { return own }
        return page.absoluteString
    }

    /// The item with absolute references to its assets.
    ///
    /// - `resolve`: Gives the absolute reference for one that may be relative.
    public static func resolving(_ item: DocumentValue, _ resolve: (String) -> String) -> DocumentValue {
        guard case .object(var root) = item, let assets = root["assets"]?.object else { return item }
        root["assets"] = .object(
            DocumentObject(
                assets.map { entry in
                    guard case .object(var asset) = entry.value, let href = asset["href"]?.string else { return entry }
                    asset["href"] = .string(resolve(href))
                    return (key: entry.key, value: .object(asset))
                }
            )
        )
        return .object(root)
    }

    /// A FeatureCollection of items.
    public static func collection(_ items: [DocumentValue]) -> DocumentValue {
        ["type": "FeatureCollection", "features": .array(items)]
    }
}

/// An item and where its document lies.
public struct STACFound: Sendable {
    public var item: DocumentValue
    /// An address, or the path of a file.
    public let location: String

    public init(_ item: DocumentValue, at location: String) { (self.item, self.location) = (item, location) }
}
