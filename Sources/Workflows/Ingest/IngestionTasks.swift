public import Documents
import Foundation
import Ingest
import Raster

/// A list of tiles to be made by another run, maybe on another machine: `ingest --save-tasks` and `--load-tasks`.
///
/// It names each tile by its id, which stands for cell, time, sources and settings. The run that loads it plans again and
/// keeps what is listed, so that no tile is made of other scenes than those that were seen.
public struct IngestionTasks: Sendable {
    /// The ingestion configuration.
    public let configuration: SourceDocument
    public let years: ClosedRange<Int>?
    private let origin: String
    private let tiles: [(name: String, id: UUID)]

    init(configuration: DocumentValue, years: ClosedRange<Int>?, tiles: [(name: String, id: UUID)]) {
        (origin, self.configuration) = ("", SourceDocument(origin: "", value: configuration))
        (self.years, self.tiles) = (years, tiles)
    }

    /// Reads what `write(to:)` wrote.
    public init(reading path: String) throws {
        guard let document = try YAML.parse(file: path).first else {
            throw DocumentError(origin: path, reason: "is empty")
        }
        let root = document.root
        try root.allowOnly(["configuration", "years", "tiles"])
        configuration = SourceDocument(origin: path, value: try root.required("configuration").value)
        years = try root.optional("years").map { reader in
            let ends = try reader.elements().map { try $0.integer() }
            guard ends.count == 2, ends[0] <= ends[1] else {
                throw reader.failure("must be a first and a last year")
            }
            return ends[0]...ends[1]
        }
        tiles = try root.required("tiles").entries().map { entry in
            guard let id = UUID(uuidString: entry.key) else {
                throw entry.reader.failure("stands under '\(entry.key)', which is no id of a tile")
            }
            return (try entry.reader.string(), id)
        }
        origin = path
    }

    func write(to path: String) throws {
        var object = DocumentObject([(key: "configuration", value: configuration.value)])
        if let years { object["years"] = .array([.integer(years.lowerBound), .integer(years.upperBound)]) }
        object["tiles"] = .object(DocumentObject(tiles.map { (key: NameUUID.text($0.id), value: .string($0.name)) }))
        try AtomicFile.write(Data(YAMLText.write(.object(object)).utf8), to: path)
    }

    /// The listed ones of some tasks.
    ///
    /// - `isChecked`: Fails for a listed tile that is not among the tasks.
    func select(_ tasks: [TileTask], isChecked: Bool) throws -> [TileTask] {
        let wanted = Set(tiles.map(\.id))
        let names = Set(tiles.map(\.name))
        let known = Set(tasks.map(\.id))
        if isChecked, let lost = tiles.first(where: { !known.contains($0.id) }) {
            throw WorkflowError(
                .badRequest,
                "\(origin): \(lost.name) would be made of other scenes or settings now than when the tasks were saved",
                hint: "Save the tasks again: antares ingest -c CONFIG --save-tasks FILE."
            )
        }
        return tasks.filter { isChecked ? wanted.contains($0.id) : names.contains($0.name) }
    }
}
