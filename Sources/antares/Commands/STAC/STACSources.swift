import ArgumentParser
import Catalogs
import DatacubeIndex
import Foundation
import Logging

/// Items of files and static catalogues, or of a search.
struct STACSources: ParsableArguments {
    @OptionGroup var search: STACSearchOptions
    @Flag(help: "Sign the addresses of assets as STAC_SIGN says.")
    var sign = false
    @Argument(
        help: "Items, collections of items, static catalogues (files, folders or addresses); or give a search.",
        completion: .file(extensions: ["json"])
    )
    var paths: [String] = []

    func validate() throws {
        guard paths.isEmpty || !search.isGiven else {
            throw ValidationError("Give paths or a search, not both.")
        }
    }

    /// All items.
    func items(_ services: Services, _ client: WebClient) async throws -> [STACFound] {
        var found: [STACFound] = []
        if paths.isEmpty {
            let api = try await search.open(services, client)
            let outcome = try await api.search(try await search.search(services)) { found += $0 }
            if outcome.isCut { services.log.notice("there are more items than --limit \(found.count)") }
        }
        for path in paths {
            try await STACTree(client).items(at: path) { item in
                found.append(item)
                guard found.count <= STACClient.mostItems else {
                    throw CommandFailure(
                        .failed,
                        "'\(path)' has more than \(STACClient.mostItems) items. Name its collections."
                    )
                }
            }
        }
        return found
    }
}

extension STACFound {
    /// The address, or that of the file.
    var uri: String { WebAddress.isWeb(location) ? location : DatasetFiles.uri(ofFile: location) }
}
