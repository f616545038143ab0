import Foundation

/// Fetches what was ordered, as far as it is ready.
public struct OrderFetch: Sendable {
    /// The folder of the files.
    public var destination: String
    /// Files that are fetched at once.
    public var parallel = 3
    /// How long to wait for scenes that are being prepared.
    public var patience: Duration = .zero
    /// How often to ask for them.
    public var interval: Duration = .seconds(30)

    public init(to destination: String) { self.destination = destination }

    /// What was fetched of one order.
    public struct Report: Sendable {
        public var fetched: [String] = []
        /// Scenes that are still being prepared.
        public var waiting: [String] = []
        public var failures: [(scene: String, reason: String)] = []
    }

    private typealias Fetched = (scene: Int, result: Result<String, any Error>)

    /// Fetches the scenes of an order that are not here yet, and keeps the order's file true after each.
    ///
    /// - Throws: `CatalogError` where the API fails, `CancellationError`.
    public func run(
        _ order: inout SceneOrder,
        in folder: OrderFolder,
        _ api: M2MClient,
        _ client: WebClient,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        var report = Report()
        var failed: Set<Int> = []
        let deadline = ContinuousClock.now + patience
        while true {
            let open = order.scenes.indices.filter { order.scenes[$0].file == nil && !failed.contains($0) }
            if open.isEmpty { break }
            let addresses = try await addresses(of: open, order, api, &report, &failed)
            let ready = open.filter { addresses[$0] != nil }
            try await fetch(ready, addresses, order, client) { scene, result in
                switch result {
                case .success(let path):
                    order.scenes[scene].file = path
                    report.fetched.append(path)
                    try folder.save(order)
                    progress(order.scenes.count { $0.file != nil }, order.scenes.count)
                case .failure(let error):
                    failed.insert(scene)
                    report.failures.append((order.scenes[scene].displayID, "\(error)"))
                }
            }
            let waiting = open.filter { addresses[$0] == nil && !failed.contains($0) }
            report.waiting = waiting.map { order.scenes[$0].displayID }
            guard !waiting.isEmpty, ContinuousClock.now + interval <= deadline else { break }
            try await Task.sleep(for: interval)
        }
        return report
    }

    /// Where scenes can be fetched; those that the API has forgotten are asked for anew.
    private func addresses(
        of open: [Int],
        _ order: SceneOrder,
        _ api: M2MClient,
        _ report: inout Report,
        _ failed: inout Set<Int>
    ) async throws -> [Int: String] {
        var known = try await api.downloads(label: order.label)
        func place(_ scene: SceneOrder.Scene) -> M2MDownload? {
            let own = known.filter { $0.entityID == scene.entityID && $0.productID == scene.productID }
            // Some answers tell no product.
            let found = own.isEmpty ? known.filter { $0.displayID == scene.displayID && $0.productID.isEmpty } : own
            return found.first { $0.address != nil } ?? found.first
        }
        let forgotten = open.filter { place(order.scenes[$0]) == nil }
        if !forgotten.isEmpty {
            let again = try await api.request(
                forgotten.map { (order.scenes[$0].entityID, order.scenes[$0].productID) },
                label: order.label
            )
            known += again.downloads
            for reason in again.failures {
                let scene = forgotten.first { reason.hasPrefix(order.scenes[$0].entityID) }
                if let scene { failed.insert(scene) }
                report.failures.append((scene.map { order.scenes[$0].displayID } ?? order.label, reason))
            }
        }
        return Dictionary(
            uniqueKeysWithValues: open.compactMap { index in
                place(order.scenes[index])?.address.map { (index, $0) }
            }
        )
    }

    private func fetch(
        _ scenes: [Int],
        _ addresses: [Int: String],
        _ order: SceneOrder,
        _ client: WebClient,
        finished: (_ scene: Int, _ result: Result<String, any Error>) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Fetched.self) { group in
            var next = scenes.makeIterator()
            func start() {
                guard let scene = next.next(), let address = addresses[scene] else { return }
                let path = "\(destination)/\(order.scenes[scene].fileName)"
                group.addTask {
                    do {
                        let download = FileDownload(WebRequest(try WebAddress.parse(address)), to: path)
                        _ = try await download.fetch(with: client)
                        return (scene, .success(path))
                    } catch {
                        return (scene, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, parallel) { start() }
            while let (scene, result) = try await group.next() {
                if case .failure(let error) = result, error is CancellationError { throw error }
                try finished(scene, result)
                start()
            }
        }
    }
}
