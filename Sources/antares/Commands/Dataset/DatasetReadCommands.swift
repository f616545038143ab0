import ArgumentParser
import DatacubeIndex
import Documents
import Foundation
import Geo

/// The command `dataset search`.
struct DatasetSearchCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find datasets.",
        discussion: """
            Expressions: FIELD=VALUE, 'FIELD in [LOW, HIGH]', 'time in 2017-03', 'time in [2017-01, 2017-03]', \
            'time > 2017', 'time < 2018-06'; quoted, so that the shell leaves them alone.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "At most so many datasets.")
    var limit: Int?
    @Option(name: .customShort("f"), help: "csv, yaml or json.")
    var format: DatasetInfo.Format = .yaml
    @OptionGroup var area: AreaOptions
    @Argument(help: "Conditions that hold together.")
    var expressions: [String] = []

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            let query = try await area.added(to: DatasetQuery(expressions: expressions, limit: limit), services)
            if format == .csv, !common.json, limit == nil { return try await writeLines(index, query) }
            let datasets = try await index.datasets(matching: query)
            let types = try await DatasetTypes(index)
            let infos = datasets.map { DatasetInfo(dataset: $0, type: types.type(of: $0)) }
            Output.write(DatasetInfo.write(infos, common.json ? .json : format))
        }
    }

    /// Writes lines as datasets come, so that memory holds a few thousand of them; by time where these are all.
    private func writeLines(_ index: Index, _ query: DatasetQuery) async throws {
        var part: [Dataset] = []
        var isFirst = true
        func write() {
            let text = DatasetInfo.write(part.map { DatasetInfo(dataset: $0, type: nil) }, .csv)
            let body = isFirst ? text[...] : text[(text.range(of: "\r\n")?.upperBound ?? text.startIndex)...]
            if !body.isEmpty { Output.write(String(body)) }
            (part, isFirst) = ([], false)
        }
        for try await dataset in index.stream(matching: query) {
            part.append(dataset)
            if part.count == 4000 { write() }
        }
        if isFirst {
            part = part.map { (time: $0.time?.center ?? .distantPast, id: $0.idText, dataset: $0) }
                .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
                .map(\.dataset)
        }
        if isFirst || !part.isEmpty { write() }
    }
}

/// The command `dataset info`.
struct DatasetInfoCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "info", abstract: "Display dataset information.")
    @OptionGroup var common: CommonOptions
    @Flag(help: "Print the datasets that each was made from.")
    var showSources = false
    @Flag(help: "Print the datasets that were made from each.")
    var showDerived = false
    @Option(name: .customShort("f"), help: "csv, yaml or json.")
    var format: DatasetInfo.Format = .yaml
    @Option(help: "How many steps of lineage to follow.")
    var maxDepth = 99
    @Argument(help: "Ids.")
    var ids: [String] = []

    func run() async throws {
        guard !ids.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "IDS") }
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            let types = try await DatasetTypes(index)
            var infos: [DatasetInfo] = []
            var missing: Int32 = 0
            for text in ids {
                if let dataset = try await index.dataset(try DatasetID.parse(text)) {
                    infos.append(try await info(dataset, index, types, depth: 1))
                } else {
                    FileHandle.standardError.write(Data("\(text) missing\n".utf8))
                    missing += 1
                }
            }
            Output.write(DatasetInfo.write(infos, common.json ? .json : format))
            if missing > 0 { throw DatacubeExit.fail(datacube: missing) }
        }
    }

    private func info(_ dataset: Dataset, _ index: Index, _ types: DatasetTypes, depth: Int) async throws -> DatasetInfo
    {
        var info = DatasetInfo(dataset: dataset, type: types.type(of: dataset), showsTime: true)
        guard depth < maxDepth else { return info }
        if showSources {
            info.sources = []
            for source in try await index.sources(of: dataset.id) {
                let other = try await self.info(source.dataset, index, types, depth: depth + 1)
                info.sources?.append(DatasetInfoSource(classifier: source.classifier, info: other))
            }
        }
        if showDerived {
            info.derived = []
            for derived in try await index.derived(from: dataset.id) {
                info.derived?.append(try await self.info(derived, index, types, depth: depth + 1))
            }
        }
        return info
    }
}

/// The metadata types of products, to print fields by.
struct DatasetTypes {
    private let byProduct: [String: MetadataType]

    init(_ index: Index) async throws {
        let types = try await index.metadataTypes()
        let pairs = try await index.products().compactMap { product in
            types.first { $0.name == product.metadataType }.map { (product.name, $0) }
        }
        byProduct = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    func type(of dataset: Dataset) -> MetadataType? { byProduct[dataset.productName] }

    func type(of product: Product) -> MetadataType? { byProduct[product.name] }
}

/// Ids on the command line.
enum DatasetID {
    static func parse(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else {
            throw CommandFailure(DatacubeExit.isDatacube ? .failed : .usage, "'\(text)' is no UUID")
        }
        return id
    }
}
