public import ArgumentParser
import DatacubeIndex
import Documents
import Foundation
import Geo
public import Ingest
import Logging
import Raster
import Workflows

/// `stac export`: products of the index as a static catalogue.
struct STACExportCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write products as a static STAC catalogue, which odc-stac, QGIS and stac-browser read.",
        discussion: """
            catalog.json, PRODUCT/collection.json and PRODUCT/ID/ID.json with relative links; put the folder on a web server, or \
            open it as it is. Items name the files where they are; --files copy writes cloud-optimised GeoTIFFs beside them \
            (for netCDF tiles, and to hand on the whole).
            Example: antares stac export ndvi_mean landsat_c2_l2 -o catalogue --time 2020
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: .shortAndLong,
        help: .init("Folder of the catalogue.", valueName: "folder"),
        completion: .directory
    )
    var output: String
    @Option(help: .init("Id of the catalogue; the folder's name when left out.", valueName: "name"))
    var title: String?
    @Option(help: "relative, absolute, or copy: how items name their files.")
    var files = STACExport.References.relative
    @Flag(help: "Draw a small picture of each dataset beside its item.")
    var thumbnails = false
    @Option(
        parsing: .upToNextOption,
        help: .init("A year, month or day, or the first and the last.", valueName: "period")
    )
    var time: [String] = []
    @OptionGroup var space: SpatialOptions
    @Argument(help: "Products.")
    var products: [String]

    func validate() throws {
        guard time.count <= 2 else { throw ValidationError("--time takes a period, or a first and a last one.") }
        for text in time where TimeRange(period: text) == nil {
            throw ValidationError("--time takes YYYY, YYYY-MM or YYYY-MM-DD, got '\(text)'.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let index = try await services.index()
        let name = title ?? URL(fileURLWithPath: output).standardizedFileURL.lastPathComponent
        var export = STACExport(to: output, title: name)
        export.references = files
        if thumbnails {
            export.draw = { [log = services.log] dataset, product in
                do {
                    return try Picture.thumbnail(of: dataset, in: product, size: 256)
                } catch {
                    log.warning("dataset \(dataset.idText) gets no thumbnail: \(error)")
                    return nil
                }
            }
        }
        let ranges = time.compactMap { TimeRange(period: $0) }
        let range = ranges.first.map { TimeRange(begin: $0.begin, end: ranges[ranges.count - 1].end) }
        let area = space.isGiven ? try await services.region(space).polygon : nil
        var collections: [STACExport.Collection] = []
        var failures: [Failure] = []
        for product in products {
            var collection = STACExport.Collection(try await index.product(named: product))
            let query = DatasetQuery(product: product, time: range, bounds: area?.bounds)
            for try await dataset in index.stream(matching: query) {
                do {
                    try export.add(dataset, to: &collection)
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    services.log.error("dataset \(dataset.idText) left out: \(error)")
                    failures.append(Failure(dataset: dataset.idText, reason: "\(error)"))
                }
            }
            if collection.items.isEmpty { services.log.warning("'\(product)' has no dataset to export") }
            collections.append(collection)
        }
        try export.finish(collections)
        let count = collections.reduce(0) { $0 + $1.items.count }
        try common.emit(Report(catalog: "\(export.folder)/catalog.json", items: count, failures: failures)) {
            "\(count) items in \(output)/catalog.json" + (failures.isEmpty ? "" : ", \(failures.count) left out")
        }
        if !failures.isEmpty || count == 0 { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private struct Failure: Encodable { let dataset: String, reason: String }

    /// What `--json` prints.
    private struct Report: Encodable {
        let catalog: String, items: Int, failures: [Failure]
    }
}

extension STACExport.References: ExpressibleByArgument {}
