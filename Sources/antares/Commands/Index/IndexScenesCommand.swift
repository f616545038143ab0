import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Ingest
import Logging
import Workflows

/// The command `index`, or `index scenes`.
struct IndexScenesCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenes",
        abstract: "Describe scenes, add the products that are missing, and add the datasets.",
        discussion: """
            Every folder or archive below a path is a scene, or the path is one itself; each is recognised by its \
            content unless --dataset_name names its kind. Products come from ~/.config/madmex/indexing, else from \
            those that come with the program, else they are made from the files. Running it again adds what is new.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: [.customShort("d"), .customLong("dataset_name")],
        help: .init("Sensor and layout of the scenes, as s2_l2a_20m.", valueName: "name")
    )
    var datasetName: String?
    @OptionGroup var scenes: SceneOptionGroup
    @Flag(help: "Check everything and write nothing.")
    var dryRun = false
    @Argument(help: "Folders of scenes, archives, or scenes.", completion: .directory)
    var paths: [String]

    func validate() throws {
        guard let name = scenes.executor.first, ["slurm", "sge", "ssh"].contains(name) else { return }
        throw ValidationError("--executor \(name) goes with prepare_metadata, whose file `dataset add` then takes.")
    }

    func run() async throws {
        let services = try common.makeServices()
        var request = MetadataRequest(
            paths: scenes.roots(paths),
            dataset: datasetName,
            outfile: "",
            pattern: scenes.pattern,
            parallel: try scenes.parallel(),
            options: try scenes.makeOptions()
        )
        request.lineage = scenes.lineage
        var options = AddOptions()
        options.isDryRun = dryRun
        let templates = try services.productFolders()
        let index = try await services.index()
        let progress = SceneProgress()
        let summary = try await indexScenes(
            request,
            into: index,
            templates: templates,
            options: options,
            objection: { [places = common.places] in places?.objection(to: $0) },
            progress: { [common] done, total in
                progress.reporter { common.makeProgress("scenes", total: total) }.update(to: done)
            }
        )
        progress.finish()
        summary.scenes.log(to: services.log)
        var report = DatasetAddReport()
        for result in summary.results { report.add(result, services.log) }
        try common.emit(Report(summary, report)) {
            let products =
                summary.products.isEmpty ? "" : "products added: \(summary.products.joined(separator: ", "))\n"
            let left = summary.scenes.failures.isEmpty ? "" : ", \(summary.scenes.failures.count) scenes left out"
            return products + report.text(isDryRun: dryRun) + left
        }
        if !summary.scenes.failures.isEmpty || !report.rejected.isEmpty || summary.results.isEmpty {
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }

    /// What `--json` prints.
    private struct Report: Encodable {
        struct Failure: Encodable { let scene: String, reason: String }
        let products: [String], scenes: [String], failures: [Failure], unknown: [String], datasets: DatasetAddReport

        init(_ summary: SceneIndexingSummary, _ datasets: DatasetAddReport) {
            (products, scenes, unknown) = (summary.products, summary.scenes.scenes, summary.scenes.unknown)
            failures = summary.scenes.failures.map { Failure(scene: $0.scene, reason: $0.reason) }
            self.datasets = datasets
        }
    }
}

extension Services {
    /// The folders of product definitions: the user's, then those that come with the program.
    func productFolders() throws -> [String] {
        [
            settings.documentDirectory + "/indexing",
            try SharedFiles.directory(settings).appendingPathComponent("config-templates/indexing").path,
        ]
    }
}
