import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest

/// A plan as it is written into a file; datasets and products stand beside it, named.
enum PlanText: Codable {
    case ingestion(plan: IngestionPlan.Text)
    case recipe(plan: RecipePlan.Text)
    case export(plan: ExportPlan.Text)
}

extension TilePlan {
    /// - `used`: The datasets that the file holds: those of other tiles are left out.
    func text(_ used: Set<UUID>) throws -> PlanText {
        switch self {
        case let plan as IngestionPlan: .ingestion(plan: plan.text(used))
        case let plan as RecipePlan: .recipe(plan: plan.text(used))
        case let plan as ExportPlan: .export(plan: plan.text())
        default: throw WorkflowError(.badRequest, "plans of the kind \(Self.self) stay in this program")
        }
    }
}

/// What texts of plans refer to.
struct PlanSources {
    let products: [String: Product]
    let datasets: [UUID: Dataset]

    func product(_ name: String) throws -> Product {
        guard let product = products[name] else { throw Self.missing("the product '\(name)'") }
        return product
    }

    func dataset(_ id: UUID) throws -> Dataset {
        guard let dataset = datasets[id] else { throw Self.missing("the dataset \(NameUUID.text(id))") }
        return dataset
    }

    static func missing(_ what: String) -> WorkflowError {
        WorkflowError(.badRequest, "the task's file names \(what) and does not hold it")
    }
}

/// A dataset on paper.
struct DatasetText: Codable {
    let id: UUID
    let product: String
    let document: String
    let locations: [String]

    init(_ dataset: Dataset) {
        (id, product, locations) = (dataset.id, dataset.productName, dataset.locations)
        document = JSONText.write(dataset.document)
    }

    func dataset() throws -> Dataset {
        let value = try JSONText.parse(document, origin: "dataset \(NameUUID.text(id))")
        return Dataset(id: id, productName: product, document: value, locations: locations)
    }
}

/// A product on paper.
struct ProductText: Codable {
    let id: Int?
    let definition: String

    init(_ product: Product) { (id, definition) = (product.id, YAMLText.write(product.definition)) }

    func product() throws -> Product {
        let value = try readDocument(definition, "a product definition").value
        guard let product = Product(id: id, definition: value) else {
            throw PlanSources.missing("a product, but not its name,")
        }
        return product
    }
}

/// The one document of a YAML text; YAML keeps numbers that are not finite, JSON does not.
func readDocument(_ text: String, _ origin: String) throws -> SourceDocument {
    guard let document = try YAML.parse(text, origin: origin).first else { throw PlanSources.missing(origin) }
    return SourceDocument(origin: origin, value: document.value)
}

/// A range of time on paper, to the last bit.
struct TimeText: Codable {
    let begin: Double
    let end: Double

    init(_ time: TimeRange) {
        (begin, end) = (time.begin.timeIntervalSinceReferenceDate, time.end.timeIntervalSinceReferenceDate)
    }

    var time: TimeRange {
        TimeRange(begin: Date(timeIntervalSinceReferenceDate: begin), end: Date(timeIntervalSinceReferenceDate: end))
    }
}

/// A grid on paper.
struct GridText: Codable {
    let crs: String
    let tileSize: [Double]
    let resolution: [Double]
    let origin: [Double]

    init(_ grid: GridSpec) {
        crs = grid.crs.definition
        tileSize = [grid.tileSize.x, grid.tileSize.y]
        resolution = [grid.resolution.x, grid.resolution.y]
        origin = [grid.origin.x, grid.origin.y]
    }

    func grid() throws -> GridSpec {
        guard tileSize.count == 2, resolution.count == 2, origin.count == 2 else { throw PlanSources.missing("a grid") }
        return GridSpec(
            crs: CRS(crs),
            tileSize: XY(x: tileSize[0], y: tileSize[1]),
            resolution: XY(x: resolution[0], y: resolution[1]),
            origin: Point(x: origin[0], y: origin[1])
        )
    }
}

/// A polygon on paper: parts of rings of numbers, x and y in turn.
struct PolygonText: Codable {
    let parts: [[[Double]]]

    init(_ polygon: MultiPolygon) { parts = polygon.parts.map { $0.rings.map { $0.flatMap { [$0.x, $0.y] } } } }

    var polygon: MultiPolygon {
        MultiPolygon(
            parts: parts.map { rings in
                MultiPolygon.Part(
                    rings: rings.map { numbers in
                        stride(from: 0, to: numbers.count - 1, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
                    }
                )
            }
        )
    }
}

/// A file of its own on paper.
struct TargetText: Codable {
    let path: String
    let compression: String

    init(_ target: MosaicTarget) { (path, compression) = (target.path, target.compression.rawValue) }

    func target() throws -> MosaicTarget {
        guard let compression = MosaicCompression(rawValue: compression) else {
            throw PlanSources.missing("the compression '\(compression)'")
        }
        return MosaicTarget(path: path, compression: compression)
    }
}
