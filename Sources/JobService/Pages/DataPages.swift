import Foundation
import Hummingbird

/// The data of the program: `/data` with its products on a map, and `/data/PRODUCT` with its datasets.
struct DataPages: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    /// Datasets on a page.
    private static let count = 60

    func add(to router: Router<ServiceContext>) {
        router.get("data", use: pages.route(products))
        router.get("data/borders.json", use: pages.route(borders))
        router.get("data/{product}", use: pages.route(product))
        router.get("data/{product}/{file}", use: pages.route(picture))
    }

    private func source(_ context: ServiceContext) throws -> any DataSource {
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
        guard let data = parts.data else {
            throw ServiceError(.notFound, "this service shows no data: it is not connected with an index.")
        }
        return data
    }

    /// An outline on the map.
    private struct Shape: Encodable {
        let name: String, label: String, href: String
        let ring: [[Double]]
    }

    private func products(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let products = try await source(context).products()
        let shapes = products.compactMap { product in
            product.bounds.map { box in
                Shape(
                    name: product.name,
                    label: "\(product.name): \(product.count) datasets",
                    href: "\(context.root)/data/\(product.name.queryEscaped)",
                    ring: [
                        [box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]], [box[0], box[1]],
                    ]
                )
            }
        }
        let values: Pages.Values = [
            "products": products.map { product -> Pages.Values in
                var row = facts(product)
                row["href"] = "\(context.root)/data/\(product.name.queryEscaped)"
                return row
            },
            "isEmpty": products.isEmpty, "shapes": try json(shapes), "base": context.baseURL,
        ]
        return try pages.make("data", "Data", values, context)
    }

    private func facts(_ product: DataProduct) -> Pages.Values {
        [
            "name": product.name, "description": product.description, "count": product.count,
            "begin": product.begin ?? "", "end": product.end ?? "", "hasTime": product.begin != nil,
            "measurements": product.measurements.joined(separator: ", "),
        ]
    }

    private func product(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let source = try source(context)
        let name = context.parameter("product")
        guard let product = try await source.products().first(where: { $0.name == name }) else {
            throw ServiceError(.notFound, "there is no product '\(name)'.")
        }
        let query = FormBody.pairs(request.uri.query ?? "")
        let time = query.first { $0.name == "time" && !$0.value.isEmpty }?.value
        let page = max(0, query.first { $0.name == "page" }.flatMap { Int($0.value) } ?? 0)
        let found = try await source.datasets(of: name, time: time, limit: Self.count + 1, offset: page * Self.count)
        let shown = found.prefix(Self.count)
        let here = "\(context.root)/data/\(name.queryEscaped)"
        let timeQuery = time.map { "time=\($0.queryEscaped)&" } ?? ""
        var values = facts(product)
        values["href"] = here
        values["time"] = time ?? ""
        values["tiles"] = "\(context.root)/tiles/\(name.queryEscaped)"
        values["base"] = context.baseURL
        values["bands"] = product.measurements.map { ["name": $0] }
        values["bounds"] = product.bounds.map { $0.map { "\($0)" }.joined(separator: ",") } ?? ""
        values["datasets"] = shown.map { record -> Pages.Values in
            ["id": record.id, "label": record.label, "time": record.time, "picture": "\(here)/\(record.id).png"]
        }
        values["isEmpty"] = shown.isEmpty
        values["shapes"] = try json(
            shown.compactMap { record in
                record.ring.map { Shape(name: record.id, label: record.label, href: "#d-\(record.id)", ring: $0) }
            }
        )
        values["earlier"] = found.count > Self.count ? "\(here)?\(timeQuery)page=\(page + 1)" : nil
        values["later"] = page > 0 ? "\(here)?\(timeQuery)page=\(page - 1)" : nil
        return try pages.make("product", name, values, context)
    }

    private func borders(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        var response = try Response.json(try await source(context).borders())
        response.headers[.cacheControl] = "private, max-age=3600"
        return response
    }

    private func picture(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let source = try source(context)
        let file = context.parameter("file")
        guard file.hasSuffix(".png"), let id = UUID(uuidString: String(file.dropLast(4))) else {
            throw ServiceError(.notFound, "there is no picture '\(file)'.")
        }
        let name = id.uuidString.lowercased()
        return try await parts.pictures.response(key: "dataset \(name)", for: request) {
            try await source.picture(ofDataset: name, size: 320)
        }
    }

    /// As the content of a script element, which no text in it can end.
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self).replacing("<", with: "\\u003c")
    }
}
