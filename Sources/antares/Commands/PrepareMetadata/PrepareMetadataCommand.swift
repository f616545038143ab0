import ArgumentParser
import Foundation
import Ingest
import Logging
import Raster
import Synchronization
import Workflows

struct PrepareMetadataCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare_metadata",
        abstract: "Describe scenes in a YAML file that `datacube dataset add` indexes.",
        discussion: """
            Every folder or archive (.zip, .tar) below --path is a scene, or --path is one itself. A scene that is damaged \
            or incomplete is named with its reason and left out; the others are written, and the exit code is then 1. \
            Without --dataset_name each scene is recognised by its content.

            Dataset names: \(SceneReaders.all.map { "\($0.name) (\($0.layout))" }.joined(separator: "; ")).
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: .shortAndLong,
        parsing: .singleValue,
        help: .init("Folder of the scenes, an archive, or a scene; may be repeated.", valueName: "folder"),
        completion: .directory
    )
    var path: [String]
    @Option(
        name: [.customShort("d"), .customLong("dataset_name")],
        help: .init("Sensor and layout of the scenes, as s2_l2a_20m.", valueName: "name")
    )
    var datasetName: String?
    @Option(name: .shortAndLong, help: .init("YAML file to write.", valueName: "file"), completion: .file())
    var outfile: String
    @Option(help: "Layout of the documents: eo3, or eo as antares3 wrote them.")
    var format = MetadataRequest.Layout.eo3
    @OptionGroup var scenes: SceneOptionGroup
    @OptionGroup var job: SceneJobOptions

    func validate() throws { _ = try job.cluster(scenes.executor, log: nil) }

    func run() async throws {
        var request = MetadataRequest(
            paths: scenes.roots(path),
            dataset: datasetName,
            outfile: outfile,
            pattern: scenes.pattern,
            parallel: try scenes.parallel(),
            options: try scenes.makeOptions()
        )
        (request.layout, request.lineage) = (format, scenes.lineage)
        let summary: MetadataSummary
        if let cluster = try job.cluster(scenes.executor, log: common.log) {
            let job = SceneJob(common: common, cluster: cluster, options: job)
            guard let made = try await job.run(try FoundScenes(request)) else { return }
            summary = made
        } else {
            let progress = SceneProgress()
            summary = try await prepareMetadata(request) { [common] done, total in
                progress.reporter { common.makeProgress("scenes", total: total) }.update(to: done)
            }
            progress.finish()
        }
        summary.log(to: common.log)
        try common.emit(MetadataReport(summary)) {
            if summary.scenes.isEmpty { return "no scene could be described; \(summary.outfile) was not written" }
            let documents = summary.documents == summary.scenes.count ? "" : " (\(summary.documents) documents)"
            return "\(summary.scenes.count) scenes\(documents) written to \(summary.outfile), "
                + "\(summary.failures.count) left out"
        }
        if !summary.failures.isEmpty || summary.scenes.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

extension MetadataSummary {
    /// Names what was left out, with the reason.
    func log(to log: Logger) {
        for failure in failures {
            log.error("scene '\(URL(fileURLWithPath: failure.scene).lastPathComponent)' left out: \(failure.reason)")
        }
        for path in unknown {
            log.warning("'\(path)' holds no scene of a known kind; --dataset_name names one, geotiff for any raster")
        }
    }
}

/// A progress reporter that is made once the number of scenes is known.
final class SceneProgress: Sendable {
    private let made = Mutex<ProgressReporter?>(nil)

    func reporter(_ make: () -> ProgressReporter) -> ProgressReporter {
        made.withLock { reporter in
            let known = reporter ?? make()
            reporter = known
            return known
        }
    }

    func finish() { made.withLock { $0 }?.finish() }
}

/// What `--json` prints.
private struct MetadataReport: Encodable {
    struct Failure: Encodable { let scene: String, reason: String }
    let outfile: String, scenes: [String], documents: Int, failures: [Failure], unknown: [String]

    init(_ summary: MetadataSummary) {
        (outfile, scenes, documents) = (summary.outfile, summary.scenes, summary.documents)
        unknown = summary.unknown
        failures = summary.failures.map { Failure(scene: $0.scene, reason: $0.reason) }
    }
}
