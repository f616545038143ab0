import ArgumentParser
import Catalogs
import Config
import Foundation
import Geo
import Logging
import Workflows

/// `create_order`: scenes of Landsat at the USGS.
struct CreateOrderCommand: CommonCommand {
    /// How far the USGS has processed scenes.
    enum Level: String, ExpressibleByArgument, CaseIterable { case l1, l2 }

    static let configuration = CommandConfiguration(
        commandName: "create_order",
        abstract: "Order Landsat scenes of a region from the USGS.",
        discussion: """
            Searches Landsat Collection 2 by the USGS's Machine-to-Machine API and asks for the scenes' product bundles; \
            download_order fetches them. Needs USGS_USER and USGS_TOKEN in ~/.antares.
            Example: antares create_order --shape Jalisco --start-date 2020-01-01 --end-date 2020-12-31 --landsat 8 --max-cloud-cover 20
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: [.long, .customShort("r"), .customLong("region")],
        help: .init("A country's ISO code or a region's name.", valueName: "name")
    )
    var shape: String?
    @Option(help: .init("West, south, east, north in degrees, instead of a region.", valueName: "w s e n"))
    var bbox: DegreeBox?
    @Option(help: .init("First day.", valueName: "day"))
    var startDate: String
    @Option(help: .init("Last day.", valueName: "day"))
    var endDate: String
    @Option(help: .init("4, 5, 7, 8 or 9.", valueName: "number"))
    var landsat: Int
    @Option(help: .init("The most clouds, percent.", valueName: "number"))
    var maxCloudCover = 100
    @Option(help: "l2 (surface reflectance) or l1.")
    var level = Level.l2
    @Flag(help: "List the scenes and order nothing.")
    var dryRun = false

    func validate() throws {
        guard (shape == nil) != (bbox == nil) else {
            throw ValidationError("Say where: --shape NAME, or --bbox W S E N.")
        }
        for (name, day) in [("--start-date", startDate), ("--end-date", endDate)] where TimeRange(period: day) == nil {
            throw ValidationError("\(name) takes YYYY-MM-DD, got '\(day)'.")
        }
        guard (0...100).contains(maxCloudCover) else {
            throw ValidationError("--max-cloud-cover must lie within 0 and 100, got \(maxCloudCover).")
        }
        guard [4, 5, 7, 8, 9].contains(landsat) else {
            throw ValidationError("--landsat must be 4, 5, 7, 8 or 9, got \(landsat).")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let account = try services.usgsAccount()
        let area = try await area(services)
        let (order, found) = try await WebClient.run(try services.webOptions()) { client in
            let api = try M2MClient(
                account.address ?? M2MClient.usual,
                user: account.user,
                token: account.token,
                client: client
            )
            do {
                let result = try await place(area, api, services)
                await api.logOut()
                return result
            } catch {
                await api.logOut()
                throw error
            }
        }
        try common.emit(Report(order, found)) {
            let rows = found.map { [$0.displayID, $0.date, $0.cloudCover.map { String(format: "%.0f %%", $0) } ?? ""] }
            guard let order else { return Output.table(rows) }
            return "order \(order.label): \(order.scenes.count) scenes. Fetch them with antares download_order."
        }
    }

    /// The region's polygon, and boxes around it that do not cross the antimeridian.
    private func area(_ services: Services) async throws -> (name: String, boxes: [BoundingBox], shape: MultiPolygon?) {
        if let shape {
            let border = try await BorderStore(try await services.ownConnection()).area(named: shape).border
            return (shape, border.boxes, border)
        }
        guard let box = bbox?.box else { return ("", [], nil) }
        let name = "\(box.left) \(box.bottom) \(box.right) \(box.top)"
        guard box.left > box.right else { return (name, [box], nil) }
        let west = BoundingBox(left: box.left, bottom: box.bottom, right: 180, top: box.top)
        return (name, [west, BoundingBox(left: -180, bottom: box.bottom, right: box.right, top: box.top)], nil)
    }

    private var dataset: String {
        let sensor = landsat < 7 ? "tm" : landsat == 7 ? "etm" : "ot"
        return "landsat_\(sensor)_c2_\(level.rawValue)"
    }

    private func place(
        _ area: (name: String, boxes: [BoundingBox], shape: MultiPolygon?),
        _ api: M2MClient,
        _ services: Services
    ) async throws -> (SceneOrder?, [M2MScene]) {
        var scenes: [M2MScene] = []
        for box in area.boxes {
            var filter = M2MSceneFilter()
            (filter.box, filter.start, filter.end) = (box, startDate, endDate)
            filter.maxCloudCover = maxCloudCover < 100 ? maxCloudCover : nil
            let known = Set(scenes.map(\.entityID))
            // Two satellites share a dataset: LT04 and LT05, LC08 and LC09.
            scenes += try await api.scenes(of: dataset, filter).filter { scene in
                scene.displayID.dropFirst(2).hasPrefix("0\(landsat)") && !known.contains(scene.entityID)
                    && (area.shape.flatMap { shape in scene.bounds.map(shape.intersects) } ?? true)
            }
        }
        guard !scenes.isEmpty else {
            throw CommandFailure(
                .failed,
                "\(dataset) has no scene of Landsat \(landsat) there and then. Widen the search."
            )
        }
        if dryRun { return (nil, scenes) }
        let products = try await api.products(of: scenes, in: dataset).filter { $0.name.contains("Product Bundle") }
        let names = Dictionary(scenes.map { ($0.entityID, $0.displayID) }, uniquingKeysWith: { first, _ in first })
        for scene in scenes where !products.contains(where: { $0.entityID == scene.entityID }) {
            services.log.warning("\(scene.displayID) cannot be downloaded now, and is left out")
        }
        guard !products.isEmpty else {
            throw CommandFailure(.failed, "none of \(scenes.count) scenes can be downloaded now. Try again later.")
        }
        let created = Date()
        let order = SceneOrder(
            label: "antares-\(Timestamp.compact(created).prefix(14))-\(UInt16.random(in: 0...UInt16.max))",
            created: created,
            region: area.name,
            dataset: dataset,
            scenes: products.map { SceneOrder.Scene($0, displayID: names[$0.entityID] ?? $0.displayID) }
        )
        let outcome = try await api.request(products.map { ($0.entityID, $0.id) }, label: order.label)
        for failure in outcome.failures { services.log.warning("\(failure)") }
        guard !outcome.downloads.isEmpty else {
            throw CommandFailure(
                .failed,
                "the USGS took none of the scenes: \(outcome.failures.first ?? "no reason given")."
            )
        }
        try services.orders.save(order)
        return (order, scenes)
    }

    /// What `--json` prints.
    private struct Report: Encodable {
        struct Scene: Encodable { let id: String, date: String, cloudCover: Double? }
        let order: String?, dataset: String?, ordered: Int, scenes: [Scene]

        init(_ order: SceneOrder?, _ found: [M2MScene]) {
            (self.order, dataset, ordered) = (order?.label, order?.dataset, order?.scenes.count ?? 0)
            scenes = found.map { Scene(id: $0.displayID, date: $0.date, cloudCover: $0.cloudCover) }
        }
    }
}

extension Services {
    /// The account at the USGS.
    func usgsAccount() throws -> USGSAccount {
        if let account = settings.usgs { return account }
        throw CommandFailure(
            .configuration,
            "orders need an account at the USGS. Set USGS_USER and USGS_TOKEN in ~/.antares: make an application token at "
                + "https://ers.cr.usgs.gov/password/appgenerate and ask for M2M access at https://ers.cr.usgs.gov/profile/access."
        )
    }

    /// Where orders are kept.
    var orders: OrderFolder { OrderFolder(settings.dataDirectory + "/orders") }
}
