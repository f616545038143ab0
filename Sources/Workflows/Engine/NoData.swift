import DatacubeIndex
import Foundation
import Geo
import Ingest

extension DatasetIndex {
    /// What to say where a product has no datasets of a time and a region: when and where it has some.
    ///
    /// - `names`: What the product is called in the message; without it by its name.
    /// - `isWithin`: True where a region was asked for.
    func noData(
        of product: String,
        called names: String? = nil,
        time: TimeRange?,
        isWithin: Bool
    ) async throws -> WorkflowError {
        let period = time.map { " between \(Timestamp.day($0.begin)) and \(Timestamp.day($0.end))" } ?? ""
        let all = try await datasets(matching: DatasetQuery(product: product))
        let times = all.compactMap(\.time)
        var hint = "The product has no datasets at all: ingest or index some first."
        if let begin = times.map(\.begin).min(), let end = times.map(\.end).max() {
            hint = "The product has data from \(Timestamp.day(begin)) to \(Timestamp.day(end))"
            let projector = FootprintProjector(to: .wgs84)
            let boxes =
                try isWithin ? all.compactMap { try $0.lonLatBounds ?? projector.footprint(of: $0)?.bounds } : []
            if let first = boxes.first {
                let box = boxes.dropFirst().reduce(first) { $0.union($1) }
                let ends = [box.left, box.right, box.bottom, box.top].map { String(format: "%.2f", $0) }
                hint += ", longitudes \(ends[0]) to \(ends[1]), latitudes \(ends[2]) to \(ends[3])"
            }
            hint += "."
        }
        let place = isWithin ? " in the region" : ""
        return WorkflowError(.noInput, "product \(names ?? "'\(product)'") has no data\(period)\(place)", hint: hint)
    }
}
