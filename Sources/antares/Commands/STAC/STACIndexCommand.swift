import ArgumentParser
import Catalogs
import DatacubeIndex
import Documents
import Foundation
import Ingest
import Logging
import Raster
import Workflows

/// `stac index`: items become datasets, their files stay where they are.
struct STACIndexCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract:
            "Add the items of a search, of files or of static catalogues to the index, without fetching their files.",
        discussion: """
            Items become EO3 datasets of the product named as their collection, or of --product; one that is missing is taken \
            from ~/.config/madmex/indexing or the program's own, else made from the first item's files. Files are read \
            through the network when they are needed. Running it again adds what is new; --update also renews what is \
            there, as addresses that --sign signs for some time.
            Examples:
              antares stac index -c sentinel-2-c1-l2a --bbox -104 20 -103 21 --datetime 2023-06
              antares stac index scenes/            (what stac download wrote)
              antares stac index https://example.org/catalog.json
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var sources: STACSources
    @Option(name: .shortAndLong, help: .init("Product of all items.", valueName: "name"))
    var product: String?
    @Flag(help: "Renew datasets that are there already.")
    var update = false
    @Flag(help: "Check everything and write nothing.")
    var dryRun = false

    func run() async throws {
        let services = try common.makeServices()
        let index = try await services.index()
        let found = try await WebClient.run(try services.webOptions(within: common.places)) { client in
            let signer = sources.sign ? try services.signer(client) : nil
            var items = try await sources.items(services, client)
            if let signer {
                for place in items.indices {
                    items[place].item = try await Self.signed(items[place].item, signer)
                }
            }
            return items
        }
        guard !found.isEmpty else {
            throw CommandFailure(.noInput, "no item was found. Widen the search, or check the paths.")
        }
        var candidates = candidates(found, try await index.products(), services.log)
        let added = try await addProducts(candidates, index, services)
        if !added.isEmpty {
            // What a product calls its measurements decides how an item is read.
            candidates = self.candidates(found, try await index.products(), services.log, isQuiet: true)
        }
        try await add(candidates, products: added, index, services)
    }

    private static func signed(_ item: DocumentValue, _ signer: HrefSigner) async throws -> DocumentValue {
        guard case .object(var root) = item, var assets = root["assets"]?.object else { return item }
        for (key, value) in assets {
            guard case .object(var asset) = value, let href = asset["href"]?.string else { continue }
            asset["href"] = .string(try await signer.sign(href, collection: item["collection"]?.string))
            assets[key] = .object(asset)
        }
        root["assets"] = .object(assets)
        return .object(root)
    }

    /// Datasets with the items that they come from, and what cannot be used.
    private typealias Candidates = (
        usable: [DatasetCandidate], items: [DocumentValue], failures: [DatasetAddReport.Rejection]
    )

    /// The datasets that the items stand for.
    private func candidates(
        _ items: [STACFound],
        _ products: [Product],
        _ log: Logger,
        isQuiet: Bool = false
    ) -> Candidates {
        let reader = STACDocuments(products: products, name: product)
        var result: Candidates = ([], [], [])
        for found in items {
            let origin = WebAddress.shown(found.location)
            let source = SourceDocument(origin: origin, value: found.item)
            for made in reader.candidates(of: DatasetCandidate(document: source, location: found.uri)) {
                switch made.kept(to: common.places) {
                case .success(let candidate):
                    result.usable.append(candidate)
                    result.items.append(found.item)
                case .failure(let error):
                    if !isQuiet { log.error("\(error)") }
                    result.failures.append(.init(location: origin, reason: error.description))
                }
            }
        }
        return result
    }

    /// Adds the products that are missing: from a template, else from what the first item says of its bands.
    private func addProducts(_ candidates: Candidates, _ index: Index, _ services: Services) async throws -> [String] {
        guard !dryRun else { return [] }
        var known = Set(try await index.products().map(\.name))
        var added: [String] = []
        for (candidate, item) in zip(candidates.usable, candidates.items) {
            guard let name = candidate.document.value.at("product", "name")?.string, known.insert(name).inserted else {
                continue
            }
            var definition = ProductTemplates.definition(of: name, in: try services.productFolders())
            if definition == nil {
                definition = try STACProductDraft.definition(name, for: item, at: candidate.location)
                    .map { SourceDocument(origin: "product \(name)", value: $0) }
            }
            guard let definition else {
                let reason =
                    "no product '\(name)' can be made: the items tell no types of samples and files cannot be opened"
                services.log.error("\(reason). Add a definition with product add.")
                continue
            }
            _ = try await index.addProduct(definition)
            added.append(name)
        }
        return added
    }

    private func add(_ candidates: Candidates, products: [String], _ index: Index, _ services: Services) async throws {
        var options = AddOptions()
        options.isDryRun = dryRun
        var report = DatasetAddReport()
        var updated: [String] = []
        let progress = common.makeProgress("Indexing", total: candidates.usable.count)
        for start in stride(from: 0, to: candidates.usable.count, by: 1000) {
            let part = Array(candidates.usable[start..<min(start + 1000, candidates.usable.count)])
            let results = try await index.addDatasets(part, options: options)
            var there: [DatasetCandidate] = []
            for (candidate, result) in zip(part, results) {
                if update, case .alreadyPresent = result.outcome {
                    there.append(candidate)
                } else {
                    report.add(result, services.log)
                }
            }
            updated += try await renew(there, index, &report, services.log)
            progress.advance(by: part.count)
        }
        progress.finish()
        report.rejected += candidates.failures
        let output = Report(products: products, updated: updated, datasets: report)
        try common.emit(output) {
            let head = products.isEmpty ? "" : "products added: \(products.joined(separator: ", "))\n"
            return head + report.text(isDryRun: dryRun) + (updated.isEmpty ? "" : ", \(updated.count) updated")
        }
        if !report.rejected.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// Replaces the documents of datasets that are there.
    private func renew(
        _ candidates: [DatasetCandidate],
        _ index: Index,
        _ report: inout DatasetAddReport,
        _ log: Logger
    ) async throws -> [String] {
        guard !candidates.isEmpty else { return [] }
        var options = DatasetUpdateOptions()
        options.isDryRun = dryRun
        options.locationPolicy = .forget
        options.allowedPlaces = [
            "measurements", "accessories", "properties", "grids", "geometry", "extent", "grid_spatial", "crs", "label",
            "lineage",
        ]
        var updated: [String] = []
        for result in try await index.updateDatasets(candidates, options: options) {
            switch result.outcome {
            case .updated: updated.append(result.id?.uuidString.lowercased() ?? "")
            case .refused(_, let error), .rejected(let error):
                log.error("\(error)")
                report.rejected.append(.init(location: WebAddress.shown(result.location), reason: "\(error)"))
            }
        }
        return updated
    }

    /// What `--json` prints.
    private struct Report: Encodable {
        let products: [String], updated: [String], datasets: DatasetAddReport
    }
}
