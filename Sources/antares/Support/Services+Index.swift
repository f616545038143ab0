import Config
import DatacubeIndex
import Documents
import Foundation
import Geo
import Logging
import Postgres
import Workflows

extension Services {
    /// The Open Data Cube's index; starts the private server where that is the one.
    ///
    /// - Throws: `IndexError` that names the command to run where the database holds no index.
    func index() async throws -> Index {
        try await Index.openInitialised(try indexConnectionSettings(), logger: Logger(label: "antares.index"))
    }

    /// Where the spatial options point: a named country or region, else the box of latitudes and longitudes.
    func region(_ options: SpatialOptions) async throws -> RecipeApplication.Region {
        if let path = options.geometry { return try RecipeApplication.Region(file: path) }
        if let name = options.region {
            let area = try await BorderStore(try await ownConnection()).area(named: name)
            return RecipeApplication.Region(name: name, polygon: area.border)
        }
        guard let lat = options.lat, let long = options.long else {
            throw CommandFailure(.usage, "say where: -region NAME, --geometry FILE, or -lat MIN MAX -long MIN MAX")
        }
        let box = BoundingBox(left: long.lower, bottom: lat.lower, right: long.upper, top: lat.upper)
        let name = "lat \(lat.lower) to \(lat.upper), long \(long.lower) to \(long.upper)"
        return RecipeApplication.Region(name: name, polygon: MultiPolygon(box))
    }

    /// Where the spatial options point, the whole world where they do not say.
    func regionOrEverywhere(_ options: SpatialOptions) async throws -> RecipeApplication.Region {
        if options.isGiven { return try await region(options) }
        let world = BoundingBox(left: -180, bottom: -90, right: 180, top: 90)
        return RecipeApplication.Region(name: "everywhere", polygon: MultiPolygon(world), isEverywhere: true)
    }

    /// Countries and regions by name, without borders.
    func regions() async throws -> [AreaListing] { try await BorderStore(try await ownConnection()).list() }

    /// The recipe of a name in the user's folder or among those that come with the program, or of a file.
    func recipe(_ name: String) throws -> SourceDocument {
        let files = FileManager.default
        if name.contains("/") || name.hasSuffix(".yaml"), files.fileExists(atPath: name) { return try read(name) }
        for folder in try recipeFolders() {
            let path = "\(folder)/\(name).yaml"
            if files.fileExists(atPath: path) { return try read(path) }
        }
        if name.contains("/") || name.hasSuffix(".yaml") {
            throw CommandFailure(.noInput, "the recipe file '\(name)' does not exist. Check the path.")
        }
        let known = try recipes().map(\.name)
        let near = nearest(to: name, in: known).map { "Did you mean '\($0)'? " } ?? ""
        throw CommandFailure(
            .noInput,
            "there is no recipe '\(name)'. \(near)Known: \(known.joined(separator: ", ")); or give a file."
        )
    }

    /// All recipes by name; the user's go before those that come with the program.
    func recipes() throws -> [RecipeListing] {
        var listings: [String: RecipeListing] = [:]
        for folder in try recipeFolders().reversed() {
            for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where file.hasSuffix(".yaml") {
                let path = "\(folder)/\(file)"
                let name = String(file.dropLast(5))
                let description = try read(path).value["description"]?.string ?? ""
                listings[name] = RecipeListing(name: name, description: description, path: path)
            }
        }
        return listings.values.sorted { $0.name < $1.name }
    }

    private func recipeFolders() throws -> [String] {
        [
            settings.documentDirectory + "/recipes",
            try SharedFiles.directory(settings).appendingPathComponent("config-templates/recipes").path,
        ]
    }

    private func read(_ path: String) throws -> SourceDocument {
        guard let document = try YAML.parse(file: path).first else {
            throw DocumentError(origin: path, reason: "is empty")
        }
        return document
    }
}

/// A recipe that `apply_recipe` knows by name.
struct RecipeListing: Encodable {
    let name: String
    let description: String
    let path: String
}
