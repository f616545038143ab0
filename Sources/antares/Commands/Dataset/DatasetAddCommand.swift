import ArgumentParser
import DatacubeIndex
import Documents
import Ingest
import Logging

/// The command `dataset add`.
struct DatasetAddCommand: CommonCommand, ManyPathsCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add datasets to the index.",
        discussion: """
            A path is a document (EO3, the older eo, or a STAC item or FeatureCollection; YAML or JSON, perhaps .gz), a \
            netCDF file with documents in it, a folder with agdc-metadata.yaml, or data with <name>.agdc-md.yaml beside \
            it; or a URL. A bad document is named with its reason and stops no other; the exit code is then 1 (0 under the name datacube).
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: [.short, .long, .customShort("t"), .customLong("dtype")],
        parsing: .singleValue,
        help: .init("Products to choose from; may be repeated.", valueName: "name")
    )
    var product: [String] = []
    @Option(
        name: [.customShort("x"), .long],
        parsing: .singleValue,
        help: .init("Products not to choose; may be repeated.", valueName: "name")
    )
    var excludeProduct: [String] = []
    @Flag(inversion: .prefixedNo, help: "Add lineage that documents embed and the index lacks.")
    var autoAddLineage = true
    @Flag(inversion: .prefixedNo, help: "Compare embedded lineage with what is stored.")
    var verifyLineage = true
    @Flag(help: "Check everything and write nothing.")
    var dryRun = false
    @Flag(help: "Store no lineage.")
    var ignoreLineage = false
    @Flag(help: .init("Accepted for old command lines.", visibility: .hidden))
    var confirmIgnoreLineage = false
    @Option(help: .init("Accepted for command lines of datacube 1.9: all cores work anyway.", visibility: .hidden))
    var workers: Int?
    @OptionGroup var maturity: MaturityOptions
    @Argument(help: "Documents, folders or data files.", completion: .file())
    var paths: [String] = []

    func run() async throws {
        guard !paths.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "DATASET_PATHS") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            try await checkProducts(index)
            let options = try makeOptions()
            var report = DatasetAddReport()
            let progress = common.makeProgress("Indexing", total: paths.count)
            let stac = STACDocuments(products: try await chosenProducts(index))
            let places = common.places
            let convert: @Sendable (DatasetCandidate) -> [Result<DatasetCandidate, DocumentError>] = { candidate in
                stac.candidates(of: candidate).map { $0.kept(to: places) }
            }
            try await index.addDatasets(at: paths, options: options, convert: convert) { results, done in
                for result in results { report.add(result, services.log) }
                progress.advance(by: done)
            }
            progress.finish()
            try emit(report)
        }
    }

    private func makeOptions() throws -> AddOptions {
        var options = AddOptions()
        options.products = product
        options.excludedProducts = excludeProduct
        options.addsLineage = autoAddLineage
        options.verifiesLineage = verifyLineage
        options.ignoresLineage = ignoreLineage || confirmIgnoreLineage
        options.isDryRun = dryRun
        options.lessMatureTolerance = try maturity.tolerance()
        return options
    }

    private func chosenProducts(_ index: Index) async throws -> [Product] {
        let all = try await index.products()
        return all.filter { (product.isEmpty || product.contains($0.name)) && !excludeProduct.contains($0.name) }
    }

    private func checkProducts(_ index: Index) async throws {
        if let old = ["-t", "--dtype"].first(where: CommandLine.arguments.contains) {
            common.log.warning("DEPRECATED option detected: \(old), use --product instead")
        }
        let known = try await index.products().map(\.name)
        for name in product + excludeProduct where !known.contains(name) {
            let near = nearest(to: name, in: known).map { " Did you mean '\($0)'?" } ?? ""
            let text = "Supplied product name \"\(name)\" not present in the database.\(near)"
            try refuse(text)
        }
        let chosen = product.isEmpty ? known : product
        guard chosen.allSatisfy(excludeProduct.contains) else { return }
        try refuse("Found no matching products in the database. Add one first: product add FILE.")
    }

    private func refuse(_ text: String) throws {
        guard DatacubeExit.isDatacube else { throw CommandFailure(.failed, text) }
        common.log.error("\(text)")
        throw ExitCode(2)
    }

    private func emit(_ report: DatasetAddReport) throws {
        if common.json || !DatacubeExit.isDatacube { try common.emit(report) { report.text(isDryRun: dryRun) } }
        if !report.rejected.isEmpty { throw DatacubeExit.fail(datacube: 0) }
    }
}
