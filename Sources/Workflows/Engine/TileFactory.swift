import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Raster

/// Makes tile tasks of one product that differ in cell, time and sources only.
struct TileFactory {
    let product: Product
    let grid: GridSpec
    let driver: IngestionConfig.Driver
    let variables: [NetCDFTile.Variable]
    /// Global attributes of every file.
    let attributes: [(name: String, value: NetCDFAttribute)]
    let algorithm: String
    let parameters: DocumentObject
    let software: String
    let blocks: BlockBudget
    /// Where the only tile goes; nil for tiles that the grid and the driver name.
    var storage: TileStorage?
    /// What the sources were made from, where documents hold it.
    var lineage = DatasetLineage()

    /// - `stem`: Path of the files without ending.
    /// - `footprints`: Where the sources have data, in the grid's CRS.
    func task(
        _ index: TileIndex,
        time: TimeRange,
        stem: String,
        sources: [(name: String, datasets: [Dataset])],
        footprints: [MultiPolygon],
        properties: DocumentObject,
        program: any TileProgram,
        clip: Clip? = nil
    ) throws -> TileTask {
        let box = grid.geoBox(of: index)
        let storage = storage ?? TileStorage(driver: driver, stem: stem, measurements: variables.map(\.name))
        let id = identity(index, time, sources)
        let created = sources.flatMap(\.datasets).compactMap(\.processingTime).max() ?? time.end
        let document = try TileDocument(
            id: id,
            product: product,
            tile: index,
            geoBox: box,
            time: time,
            validRing: validRing(of: index, footprints),
            measurements: variables.map { ($0.name, storage.place(of: $0.name)) },
            created: created,
            algorithm: algorithm,
            parameters: parameters,
            software: software,
            sources: sources,
            properties: properties,
            lineage: lineage
        ).make()
        let own: [(name: String, value: NetCDFAttribute)] = [
            ("id", .text(NameUUID.text(id))), ("title", "\(product.name) \(index) \(Timestamp.day(time.center))"),
            ("date_created", .text(Timestamp.iso(created))), ("history", "\(software): \(algorithm)"),
        ]
        return TileTask(
            name: "tile \(index) of \(Timestamp.iso(time.center))",
            cell: index,
            sources: sources.flatMap(\.datasets),
            layout: NetCDFTile(
                geoBox: box,
                times: [time.center],
                variables: variables,
                attributes: own + attributes,
                documents: [YAMLText.write(storage.embedded(document))]
            ),
            storage: storage,
            blocks: blocks.blocks(of: box, first: sources.first?.datasets.first, touching: footprints),
            program: program,
            id: id,
            document: document,
            clip: clip
        )
    }

    /// The same for the same product, cell, time, parameters and sources, whenever and wherever it is made.
    private func identity(
        _ index: TileIndex,
        _ time: TimeRange,
        _ sources: [(name: String, datasets: [Dataset])]
    ) -> UUID {
        let inputs = sources.map { "\($0.name)=\($0.datasets.map(\.idText).joined(separator: ","))" }
        let settings = JSONText.write(.object(parameters), sortedKeys: true)
        let storage = JSONText.write(product.definition, sortedKeys: true)
        let parts = [
            "antares", product.name, "\(index.x)", "\(index.y)", Timestamp.iso(time.begin), Timestamp.iso(time.end),
            algorithm, settings, storage,
        ]
        return NameUUID.make(namespace: NameUUID.tileNamespace, name: (parts + inputs).joined(separator: "\n"))
    }

    /// One ring around everything within the cell where sources have data; the cell where that is unknown.
    private func validRing(of index: TileIndex, _ footprints: [MultiPolygon]) -> [Point] {
        let cell = grid.bounds(of: index)
        let points = footprints.compactMap { $0.clipped(to: cell) }.flatMap {
            $0.parts.flatMap { $0.rings.flatMap { $0 } }
        }
        return convexHull(of: points) ?? cell.corners + [cell.corners[0]]
    }
}

extension DocumentObject {
    /// Says in a tile's properties which of its scenes could not be read.
    mutating func name(leftOut datasets: [Dataset]) {
        guard !datasets.isEmpty else { return }
        self["antares:left_out"] = .array(datasets.map(\.idText).sorted().map { .string($0) })
    }
}

extension Dataset {
    /// When the dataset was made, by its own document.
    var processingTime: Date? {
        let text = document.at("properties", "odc:processing_datetime") ?? document.at("creation_dt")
        return text?.string.flatMap(Timestamp.parse)
    }

    /// The day by the sun at the dataset's longitude: UTC moved by four minutes a degree.
    var solarDay: String {
        guard let time else { return "" }
        let longitude = lonLatBounds?.center.x ?? 0
        return Timestamp.day(time.center.addingTimeInterval((longitude * 240).rounded(.towardZero)))
    }

    /// The order in which datasets of one slice are laid over each other: by time, then by id.
    static func precedes(_ a: Dataset, _ b: Dataset) -> Bool {
        let (first, second) = (a.time?.center ?? .distantPast, b.time?.center ?? .distantPast)
        return first == second ? a.idText < b.idText : first < second
    }
}
