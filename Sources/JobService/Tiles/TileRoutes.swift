import Foundation
import Hummingbird

/// Pictures of products for maps: `/tiles/PRODUCT/Z/X/Y.png`, their TileJSON, and the capabilities of WMTS.
struct TileRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("tiles/{product}/{z}/{x}/{y}", use: tile)
        router.get("tiles/{product}", use: tileJSON)
        router.get("wmts", use: capabilities)
        router.get("wmts/1.0.0/WMTSCapabilities.xml", use: capabilities)
    }

    static let zoomLimit = 20
    /// 256 × 256 pixels without data.
    private static let empty = Data(
        base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAAQAAAAEAAQMAAABmvDolAAAAA1BMVEUAAACnej3aAAAAAXRSTlMAQObYZgAAAB9JRE"
            + "FUeNrtwQENAAAAwqD3T20ON6AAAAAAAAAAAL4NIQAAAWDknZcAAAAASUVORK5CYII="
    )

    /// The data, for those who may see it.
    private func data(_ context: ServiceContext) throws -> any DataSource {
        if context.identity.name == nil, !parts.options.allowsAnonymous {
            throw ServiceError(.unauthenticated, "log in to see data.")
        }
        guard let data = parts.data else { throw ServiceError(.notFound, "this service shows no data.") }
        return data
    }

    @Sendable private func tile(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let data = try data(context)
        let row = context.parameter("y")
        guard row.hasSuffix(".png"), let zoom = Int(context.parameter("z")), let x = Int(context.parameter("x")),
            let y = Int(row.dropLast(4)), (0...Self.zoomLimit).contains(zoom), (0..<(1 << zoom)).contains(x),
            (0..<(1 << zoom)).contains(y)
        else {
            throw ServiceError(
                .notFound,
                "there is no such tile; they are at /tiles/PRODUCT/Z/X/Y.png, Z from 0 to 20."
            )
        }
        let style = try Style(request)
        let wanted = TileRequest(
            product: context.parameter("product"),
            zoom: zoom,
            x: x,
            y: y,
            time: style.time,
            bands: style.bands,
            stretch: style.stretch
        )
        guard let tile = try await data.tile(wanted) else {
            return try await parts.pictures.response(key: "nothing", for: request, empty: Self.empty) { nil }
        }
        let key = "\(wanted) \(tile.version)"
        return try await parts.pictures.response(key: key, for: request, empty: Self.empty, draw: tile.draw)
    }

    /// How tiles are drawn, from the query.
    private struct Style {
        var time: String?
        var bands: [String] = []
        var stretch: ClosedRange<Double>?

        init(_ request: Request) throws {
            for (name, value) in FormBody.pairs(request.uri.query ?? "") where !value.isEmpty {
                switch name.lowercased() {
                case "time":
                    guard value.wholeMatch(of: #/[0-9]{4}(-[0-9]{2}){0,2}/#) != nil else {
                        throw ServiceError(.badRequest, "time '\(value)' is no year, month or day such as 2026-01.")
                    }
                    time = value
                case "bands":
                    bands = value.split(separator: ",").map(String.init)
                    guard bands.count == 1 || bands.count == 3 else {
                        throw ServiceError(.badRequest, "bands '\(value)' must be one measurement or three.")
                    }
                case "stretch":
                    let ends = value.split(separator: ",").compactMap { Double($0) }
                    guard ends.count == 2, ends[0] < ends[1], ends.allSatisfy(\.isFinite) else {
                        throw ServiceError(.badRequest, "stretch '\(value)' must be two numbers such as 0,3000.")
                    }
                    stretch = ends[0]...ends[1]
                default: break
                }
            }
        }
    }

    // MARK: - Descriptions

    private struct TileJSON: Encodable {
        let tilejson = "3.0.0"
        let name: String, description: String, scheme = "xyz"
        let tiles: [String]
        let minzoom = 0, maxzoom = TileRoutes.zoomLimit
        let bounds: [Double]?
        let center: [Double]?
    }

    @Sendable private func tileJSON(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let data = try data(context)
        let file = context.parameter("product")
        guard file.hasSuffix(".json"),
            let product = try await data.products().first(where: { $0.name == file.dropLast(5) })
        else { throw ServiceError(.notFound, "there is no such product; /data shows those that are there.") }
        let query = request.uri.query.map { "?\($0)" } ?? ""
        let center = product.bounds.map { [($0[0] + $0[2]) / 2, ($0[1] + $0[3]) / 2] }
        var response = try Response.json(
            TileJSON(
                name: product.name,
                description: product.description,
                tiles: ["\(context.baseURL)/tiles/\(product.name.queryEscaped)/{z}/{x}/{y}.png\(query)"],
                bounds: product.bounds,
                center: center
            )
        )
        response.headers[.cacheControl] = "private, no-cache"
        return response
    }

    @Sendable private func capabilities(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let pairs = FormBody.pairs(request.uri.query ?? "")
        if let asked = pairs.first(where: { $0.name.lowercased() == "request" })?.value.lowercased(),
            asked != "getcapabilities"
        {
            throw ServiceError(.badRequest, "REQUEST can be GetCapabilities; tiles are at the addresses it names.")
        }
        let products = try await data(context).products()
        return .xml(WMTS.capabilities(products, at: context.baseURL))
    }
}
