import ArgumentParser
import Catalogs
import DatacubeIndex
import Documents
import Foundation
import Geo
import Logging
import Raster

/// `stac download`: the files of items.
struct STACDownloadCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Fetch the files of items, and write items that name them.",
        discussion: """
            Files go to FOLDER/COLLECTION/ITEM, with the item beside them; they appear whole, checked by size and file:checksum. \
            Running it again goes on where it ended. With --clip, only the window of the search's area is fetched of \
            rasters, as cloud-optimised GeoTIFF. Index the result with antares stac index FOLDER.
            Example: antares stac download -c sentinel-2-c1-l2a --bbox -104 20 -103 21 --datetime 2023-06 \\
              --assets red,nir,scl --clip -o scenes
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var sources: STACSources
    @Option(
        name: [.short, .long, .customLong("path")],
        help: .init("Folder to write to.", valueName: "folder"),
        completion: .directory
    )
    var output: String
    @Option(
        name: [.short, .long],
        parsing: .singleValue,
        help: .init("Assets to fetch, by key; may be repeated, or joined by commas. All without it.", valueName: "key")
    )
    var assets: [String] = []
    @Option(name: .shortAndLong, help: .init("Files fetched at once.", valueName: "n"))
    var jobs = 4
    @Flag(help: "Fetch only what rasters have within the area of the search, or of --clip-bbox.")
    var clip = false
    @Option(help: .init("West, south, east, north of the window, for items of files.", valueName: "w s e n"))
    var clipBbox: DegreeBox?
    @Flag(help: "Fetch files even where they are there.")
    var overwrite = false

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs must lie within 1 and 64, got \(jobs).") }
        guard !clip || clipBbox != nil || sources.search.bbox != nil || sources.search.space.isGiven else {
            throw ValidationError("--clip needs an area: --bbox, -region, --geometry, -lat and -long, or --clip-bbox.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let window = try await window(services)
        let report = try await WebClient.run(try services.webOptions(within: common.places)) { client in
            var download = ItemDownload(to: output)
            download.assets = assets.flatMap { $0.split(separator: ",").map(String.init) }
            (download.parallel, download.overwrites) = (jobs, overwrite)
            download.signer = sources.sign ? try services.signer(client) : nil
            download.copy = { href, _, path in
                try VirtualFile.copy(Dataset.fileName(of: href, relativeTo: ""), to: path)
                return DocumentObject()
            }
            if let window {
                download.clip = { href, asset, path in try AssetWindow(window).copy(href, asset, to: path) }
            }
            let items = try await sources.items(services, client)
            guard !items.isEmpty else {
                throw CommandFailure(.noInput, "no item was found. Widen the search, or check the paths.")
            }
            for found in items {
                let document = SourceDocument(origin: found.location, value: found.item)
                let candidate = DatasetCandidate(document: document, location: found.uri)
                if let error = common.places?.objection(to: candidate) { throw error }
            }
            let progress = SceneProgress()
            let report = try await download.run(items, with: client) { [common] done, total in
                progress.reporter { common.makeProgress("files", total: total) }.update(to: done)
            }
            progress.finish()
            return report
        }
        for failure in report.failures { services.log.error("\(failure.subject): \(failure.reason)") }
        try common.emit(Output(report)) {
            let resumed = report.resumed > 0 ? " (\(report.resumed) resumed)" : ""
            return "\(report.documents.count) items in \(output): \(report.fetched) files fetched\(resumed), "
                + "\(report.present) there already, \(report.failures.count) failed"
        }
        if !report.failures.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// The area in degrees that rasters are cut to, nil where they are fetched whole.
    private func window(_ services: Services) async throws -> BoundingBox? {
        if let clipBbox { return clipBbox.box }
        guard clip else { return nil }
        switch try await sources.search.search(services).area {
        case .box(let box)?:
            guard box.left <= box.right else {
                throw CommandFailure(
                    .usage,
                    "--clip takes no box across the antimeridian: clip its two sides one by one."
                )
            }
            return box
        case .shape(let shape)?: return shape.bounds
        case nil: return nil
        }
    }

    /// What `--json` prints.
    private struct Output: Encodable {
        struct Failure: Encodable { let subject: String, reason: String }
        let items: [String], fetched: Int, present: Int, resumed: Int, bytes: Int, failures: [Failure]

        init(_ report: ItemDownload.Report) {
            (items, fetched, present) = (report.documents, report.fetched, report.present)
            (resumed, bytes) = (report.resumed, report.bytes)
            failures = report.failures.map { Failure(subject: $0.subject, reason: $0.reason) }
        }
    }
}

/// The window of a raster asset that lies in an area.
struct AssetWindow {
    private let area: BoundingBox

    /// - `area`: In longitude and latitude.
    init(_ area: BoundingBox) { self.area = area }

    /// Copies the pixels that the area touches; nil where it touches none.
    ///
    /// - Returns: What the asset says of them.
    func copy(_ href: String, _ asset: DocumentValue, to path: String) throws -> DocumentObject? {
        let file = try RasterFile(opening: Dataset.fileName(of: href, relativeTo: ""))
        guard let box = file.geoBox, let inverse = box.affine.inverse else {
            throw RasterError(
                .readFailed,
                WebAddress.shown(href),
                ["it has no CRS or grid, so that no window of it can be found"],
                hint: "Fetch it whole, without --clip."
            )
        }
        let transform = try CoordinateTransform(from: .wgs84, to: box.crs)
        let corners = transform.apply(area.outline(segments: 32)).filter { $0.x.isFinite && $0.y.isFinite }
        let pixels = corners.map { inverse.apply(column: $0.x, row: $0.y) }
        guard let bounds = BoundingBox(around: pixels), bounds.left < 1e9, bounds.bottom < 1e9, bounds.right > -1e9,
            bounds.top > -1e9
        else { return nil }
        func whole(_ value: Double) -> Int { Int(min(max(value, -1e9), 1e9)) }
        let (column, row) = (whole(bounds.left.rounded(.down)), whole(bounds.bottom.rounded(.down)))
        let wanted = PixelWindow(
            column: column,
            row: row,
            width: whole(bounds.right.rounded(.up)) - column,
            height: whole(bounds.top.rounded(.up)) - row
        )
        let all = PixelWindow(column: 0, row: 0, width: file.width, height: file.height)
        guard let window = wanted.intersection(all), window.pixelCount > 0 else { return nil }
        try file.copy(window, to: path)
        let cut = box.cropped(to: window)
        var said = DocumentObject()
        said["type"] = "image/tiff; application=geotiff; profile=cloud-optimized"
        said["proj:shape"] = [.integer(cut.height), .integer(cut.width)]
        said["proj:transform"] = .array(cut.affine.rowMajor.map { .double($0) })
        return said
    }
}
