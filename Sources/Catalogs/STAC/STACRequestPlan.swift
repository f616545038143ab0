import Documents
import Foundation
import Geo

/// How a search is put to an API: its requests, and what the API leaves to us.
struct STACRequestPlan {
    /// The first page of each part of the search.
    let requests: [WebRequest]
    /// Conditions that the API cannot be asked for.
    let ownConditions: [STACCondition]
    let notes: [String]

    /// - `byGET`: Sends it by GET even where the API says that it takes POST.
    /// - Throws: `CatalogError` for a filter that the API does not take.
    init(
        _ search: STACSearch,
        _ landing: STACLanding,
        _ secretHeaders: [(name: String, value: String)],
        byGET: Bool = false
    ) throws {
        // By POST a filter must be JSON.
        let isTextFilter = search.filter.map { !$0.hasPrefix("{") } ?? false
        let asksByPOST = landing.takesPOST && !byGET && !(isTextFilter && landing.takesGET)
        let asksByQuery = landing.offersQuery
        let asksByFilter = !asksByQuery && landing.offersFilter && search.filter == nil
        let asks = asksByQuery || asksByFilter
        ownConditions = asks ? [] : search.conditions
        notes =
            asks || search.conditions.isEmpty
            ? [] : ["the catalogue offers neither 'query' nor 'filter': conditions are looked at here"]
        if search.filter != nil, !landing.offersFilter {
            throw CatalogError(
                .badRequest,
                WebAddress.shown(landing.searchAddress.absoluteString),
                "it takes no filter in CQL2",
                hint: "Use --query, which is looked at here where a catalogue does not."
            )
        }
        var body = Self.common(search)
        if asksByQuery, !search.conditions.isEmpty { body["query"] = Self.query(search.conditions) }
        if asksByFilter, !search.conditions.isEmpty {
            let isText = !asksByPOST && landing.conforms(to: "cql2-text")
            body["filter"] = isText ? .string(Self.cql2Text(search.conditions)) : Self.cql2(search.conditions)
            body["filter-lang"] = isText ? "cql2-text" : "cql2-json"
        }
        if let filter = search.filter {
            body["filter"] = isTextFilter ? .string(filter) : try JSONText.parse(filter, origin: "--filter")
            body["filter-lang"] = isTextFilter ? "cql2-text" : "cql2-json"
        }
        let areas = search.requestAreas
        requests = try areas.map { area in
            var body = body
            switch area {
            case .box(let box)?:
                body["bbox"] = .array([box.left, box.bottom, box.right, box.top].map { .double($0) })
            case .shape(let shape)?: body["intersects"] = shape.geoJSON
            case nil: break
            }
            return try asksByPOST
                ? Self.post(body, landing, secretHeaders) : Self.get(body, landing, secretHeaders)
        }
    }

    private static func common(_ search: STACSearch) -> DocumentObject {
        var body = DocumentObject()
        if !search.collections.isEmpty { body["collections"] = .array(search.collections.map { .string($0) }) }
        if !search.ids.isEmpty { body["ids"] = .array(search.ids.map { .string($0) }) }
        body["datetime"] = search.datetime.map { .string($0) }
        body["limit"] = .integer(max(1, min(search.pageSize, search.limit ?? search.pageSize)))
        return body
    }

    private static func post(
        _ body: DocumentObject,
        _ landing: STACLanding,
        _ secretHeaders: [(name: String, value: String)]
    ) throws -> WebRequest {
        var request = WebRequest(landing.searchAddress)
        request.method = "POST"
        request.headers = [
            (name: "Accept", value: "application/geo+json, application/json"),
            (name: "Content-Type", value: "application/json"),
        ]
        request.secretHeaders = WebAddress.haveSameOrigin(request.url, landing.root) ? secretHeaders : []
        request.body = Data(JSONText.write(.object(body)).utf8)
        return request
    }

    private static func get(
        _ body: DocumentObject,
        _ landing: STACLanding,
        _ secretHeaders: [(name: String, value: String)]
    ) throws -> WebRequest {
        let pairs = body.map { entry -> String in
            let value: String
            switch entry.value {
            case .array(let parts): value = parts.map { $0.string ?? JSONText.write($0) }.joined(separator: ",")
            case .string(let text): value = text
            default: value = JSONText.write(entry.value)
            }
            return "\(entry.key)=\(value.addingPercentEncoding(withAllowedCharacters: .unreserved) ?? value)"
        }
        let address = landing.searchAddress.absoluteString
        let joint = landing.searchAddress.query == nil ? "?" : "&"
        var request = WebRequest(try WebAddress.parse(address + joint + pairs.joined(separator: "&")))
        request.headers = [(name: "Accept", value: "application/geo+json, application/json")]
        request.secretHeaders = WebAddress.haveSameOrigin(request.url, landing.root) ? secretHeaders : []
        return request
    }

    private static func query(_ conditions: [STACCondition]) -> DocumentValue {
        var properties = DocumentObject()
        for condition in conditions {
            var comparisons = properties[condition.property]?.object ?? DocumentObject()
            comparisons[condition.comparison.queryName] = condition.value
            properties[condition.property] = .object(comparisons)
        }
        return .object(properties)
    }

    private static func cql2(_ conditions: [STACCondition]) -> DocumentValue {
        let parts = conditions.map { condition -> DocumentValue in
            let property: DocumentValue = ["property": .string(condition.property)]
            return ["op": .string(condition.comparison.cql2), "args": [property, condition.value]]
        }
        return parts.count == 1 ? parts[0] : ["op": "and", "args": .array(parts)]
    }

    private static func cql2Text(_ conditions: [STACCondition]) -> String {
        func literal(_ value: DocumentValue) -> String {
            value.string.map { "'\($0.replacing("'", with: "''"))'" } ?? JSONText.write(value)
        }
        return conditions.map { condition in
            let values = condition.value.array.map { "(\($0.map(literal).joined(separator: ", ")))" }
            let name = condition.property.replacing("\"", with: "")
            return "\"\(name)\" \(condition.comparison.cql2.uppercased()) \(values ?? literal(condition.value))"
        }.joined(separator: " AND ")
    }
}

extension CharacterSet {
    /// What stands in a query as it is (RFC 3986, 2.3).
    fileprivate static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}
