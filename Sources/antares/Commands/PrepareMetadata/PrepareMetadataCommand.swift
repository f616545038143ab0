public import ArgumentParser
import Foundation
public import Ingest
import Logging
import Synchronization
import Workflows

struct PrepareMetadataCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare_metadata",
        abstract: "Describe scenes in a YAML file that `datacube dataset add` indexes.",
        discussion: """
            Every folder below --path is a scene, or --path is one itself. A scene that is damaged or incomplete is named
            with its reason and left out; the others are written, and the exit code is then 1.

            Dataset names: \(SceneReaders.all.map { "\($0.name) (\($0.layout))" }.joined(separator: "; ")).
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(name: .shortAndLong, help: .init("Folder of the scenes.", valueName: "folder"), completion: .directory)
    var path: String
    @Option(
        name: [.customShort("d"), .customLong("dataset_name")],
        help: .init("Sensor and layout of the scenes, as s2_l2a_20m.", valueName: "name")
    )
    var datasetName: String
    @Option(name: .shortAndLong, help: .init("YAML file to write.", valueName: "file"), completion: .file())
    var outfile: String
    @Option(
        name: .shortAndLong,
        help: .init("Bucket of an object store; scenes in buckets are not read yet.", valueName: "name")
    )
    var bucket: String?
    @Option(help: .init("Only folders whose name this regular expression finds.", valueName: "regex"))
    var pattern: String?
    @Option(help: .init("Scenes read at once; all cores when left out.", valueName: "n"))
    var multi: Int?
    @Option(name: .customLong("id-from"), help: "What ids are made of: scene, or path as in antares3.")
    var identity = SceneIdentity.scene

    func validate() throws {
        if bucket != nil {
            throw ValidationError("Scenes in a bucket are not read: copy or mount them, and give the folder by --path.")
        }
        if let multi, multi < 1 { throw ValidationError("--multi must be at least 1, got \(multi).") }
    }

    func run() async throws {
        let request = MetadataRequest(
            path: path,
            dataset: datasetName,
            outfile: outfile,
            pattern: pattern,
            parallel: multi,
            identity: identity
        )
        let progress = SceneProgress()
        let summary: MetadataSummary
        do {
            summary = try await prepareMetadata(request) { [common] done, total in
                progress.reporter { common.makeProgress("scenes", total: total) }.update(to: done)
            }
        } catch let error as MetadataRequestError {
            throw CommandFailure(error.kind == .usage ? .usage : .noInput, error.description)
        }
        progress.finish()
        for failure in summary.failures {
            common.log.error(
                "scene '\(URL(fileURLWithPath: failure.scene).lastPathComponent)' left out: \(failure.reason)"
            )
        }
        try common.emit(MetadataReport(summary)) {
            summary.scenes.isEmpty
                ? "no scene could be described; \(summary.outfile) was not written"
                : "\(summary.scenes.count) scenes written to \(summary.outfile), \(summary.failures.count) left out"
        }
        if !summary.failures.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// A progress reporter that is made once the number of scenes is known.
private final class SceneProgress: Sendable {
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

extension SceneIdentity: ExpressibleByArgument {}

/// What `--json` prints.
private struct MetadataReport: Encodable {
    struct Failure: Encodable { let scene: String, reason: String }
    let outfile: String, scenes: [String], failures: [Failure]

    init(_ summary: MetadataSummary) {
        (outfile, scenes) = (summary.outfile, summary.scenes)
        failures = summary.failures.map { Failure(scene: $0.scene, reason: $0.reason) }
    }
}
